import type { Principal } from '@app/auth';
import { AdminOnly, adminProblems, bodyProblems, CurrentPrincipal, Fresh, Returns } from '@app/http';
import { type SigningKeyReport, SigningKeyRotation } from '@app/tokens';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { actOf, type ReasonBody, reasonBody } from './act.js';
import { keyExample, keyListExample, keyListView } from './keys.schemas.js';

const changing = [...adminProblems, ...bodyProblems, 'STEP_UP_REQUIRED', 'CSRF_REJECTED'] as const;

@ApiTags('Administration')
@Controller('api/v1/admin/keys')
@AdminOnly()
export class KeysController {
  constructor(private readonly rotation: SigningKeyRotation) {}

  @Get()
  @Returns({
    summary: 'List the keys that sign tokens, newest first',
    data: keyListView,
    example: keyListExample,
    problems: adminProblems,
  })
  listKeys() {
    return this.listed();
  }

  @Post('rotate')
  @Fresh()
  @Returns({
    summary: 'Let the successor sign from now on',
    description:
      'Tokens of the key before stay good. 409 while services that keep the published keys may not know the successor.',
    data: keyListView,
    example: keyListExample,
    problems: [...changing, 'CONFLICT'],
  })
  async rotateKeys(
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    await this.rotation.rotate(actOf(principal, reason));
    return this.listed();
  }

  @Post(':kid/withdraw')
  @Fresh()
  @ApiParam({ name: 'kid', description: 'Id of the key, as listed', example: keyExample.kid })
  @Returns({
    summary: 'Refuse every token of a key that somebody else may have',
    description:
      'Within a second or so on every instance; people refresh and notice nothing, except that whoever called this has ' +
      'to refresh, too. May be repeated.',
    data: keyListView,
    example: keyListExample,
    problems: [...changing, 'NOT_FOUND'],
  })
  async withdrawKey(
    @Param('kid') kid: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    await this.rotation.withdraw(kid, actOf(principal, reason));
    return this.listed();
  }

  private async listed() {
    const keys = await this.rotation.list();
    return { keys: keys.map(presentKey), count: keys.length };
  }
}

function presentKey({ kid, state, createdAt, signsFrom, retiredAt, withdrawnAt }: SigningKeyReport) {
  return {
    kid,
    alg: 'ES256' as const,
    state,
    published_at: createdAt.toISOString(),
    signs_from: signsFrom?.toISOString() ?? null,
    retired_at: retiredAt?.toISOString() ?? null,
    withdrawn_at: withdrawnAt?.toISOString() ?? null,
  };
}
