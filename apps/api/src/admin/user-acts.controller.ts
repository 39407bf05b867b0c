import { AccountControl, AccountDirectory, AccountLocks, AccountRoles, type Principal } from '@app/auth';
import {
  adminProblems,
  AdminOnly,
  answerPropagation,
  bodyProblems,
  CurrentPrincipal,
  Fresh,
  Returns,
} from '@app/http';
import { Body, Controller, Delete, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { actOf, type ReasonBody, reasonBody, type ReasonQuery, reasonQuery, userIdOf } from './act.js';
import { presentAccount, presentSignedOutUser } from './users.presenter.js';
import {
  accountExample,
  accountView,
  roleBody,
  type RoleBody,
  roleChangedView,
  userSignedOutExample,
  userSignedOutView,
} from './users.schemas.js';

const ofUser = ApiParam({ name: 'id', description: 'Id of the user', example: accountExample.id });
const problems = [...adminProblems, 'NOT_FOUND', 'STEP_UP_REQUIRED', 'CSRF_REJECTED'] as const;
const bodied = [...bodyProblems, ...problems] as const;
const untilProven = 'Answered 202 while that is not proven on every instance; may be repeated until it is.';

@ApiTags('Administration')
@Controller('api/v1/admin/users/:id')
@AdminOnly()
@Fresh()
export class AdminUserActsController {
  constructor(
    private readonly control: AccountControl,
    private readonly roles: AccountRoles,
    private readonly locks: AccountLocks,
    private readonly accounts: AccountDirectory,
  ) {}

  @Post('disable')
  @ofUser
  @Returns({
    summary: 'End all sessions of a user and let nobody sign in',
    description: `The sessions end with reason \`user_disabled\`. The last administrator cannot be disabled. ${untilProven}`,
    data: userSignedOutView,
    example: userSignedOutExample,
    problems: [...bodied, 'CONFLICT'],
  })
  async disableUser(
    @Param('id') id: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ended = await this.control.disable(userIdOf(id), actOf(principal, reason));
    answerPropagation(reply, ended);
    return presentSignedOutUser(id, ended);
  }

  @Post('enable')
  @ofUser
  @Returns({
    summary: 'Let a disabled user sign in again',
    description: 'Sessions that have ended stay ended.',
    data: accountView,
    example: accountExample,
    problems: bodied,
  })
  async enableUser(
    @Param('id') id: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    await this.control.enable(userIdOf(id), actOf(principal, reason));
    return presentAccount(await this.accounts.get(userIdOf(id)));
  }

  @Put('role')
  @ofUser
  @Returns({
    summary: 'Make a user an administrator, or one no longer',
    description:
      'Whoever loses the role is refused with the next request; whoever gets it has to sign in anew. The last ' +
      `administrator cannot lose it. ${untilProven}`,
    data: roleChangedView,
    example: { ...accountExample, propagation: 'complete' },
    problems: [...bodied, 'CONFLICT'],
  })
  async changeRole(
    @Param('id') id: string,
    @Body({ schema: roleBody }) { role, reason }: RoleBody,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { propagation } = await this.roles.change(userIdOf(id), role, actOf(principal, reason));
    answerPropagation(reply, { propagation });
    return { ...presentAccount(await this.accounts.get(userIdOf(id))), propagation };
  }

  @Post('require-password-change')
  @ofUser
  @Returns({
    summary: 'End all sessions of a user and ask for another password',
    description:
      'The sessions end with reason `admin`. Signing in works, but until another password is chosen everything else ' +
      `is refused with PASSWORD_CHANGE_REQUIRED. ${untilProven}`,
    data: userSignedOutView,
    example: userSignedOutExample,
    problems: bodied,
  })
  async requirePasswordChange(
    @Param('id') id: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ended = await this.control.requirePasswordChange(userIdOf(id), actOf(principal, reason));
    answerPropagation(reply, ended);
    return presentSignedOutUser(id, ended);
  }

  @Post('unlock')
  @ofUser
  @Returns({
    summary: 'End all waits after failed sign-ins of a user',
    data: accountView,
    example: accountExample,
    problems: bodied,
  })
  async unlockUser(
    @Param('id') id: string,
    @Body({ schema: reasonBody }) { reason }: ReasonBody,
    @CurrentPrincipal() principal: Principal,
  ) {
    await this.locks.unlock(userIdOf(id), actOf(principal, reason));
    return presentAccount(await this.accounts.get(userIdOf(id)));
  }

  @Delete('sessions')
  @ofUser
  @Returns({
    summary: 'End all sessions of a user',
    description: `They end with reason \`admin\`. ${untilProven}`,
    data: userSignedOutView,
    example: userSignedOutExample,
    problems: [...problems, 'VALIDATION_FAILED'],
  })
  async signOutUser(
    @Param('id') id: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ended = await this.control.signOut(userIdOf(id), actOf(principal, reason));
    answerPropagation(reply, ended);
    return presentSignedOutUser(id, ended);
  }
}
