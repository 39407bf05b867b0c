import { type Principal, SessionOverview } from '@app/auth';
import { adminProblems, AdminOnly, bodyProblems, CurrentPrincipal, Fresh, Returns } from '@app/http';
import { Clock } from '@app/kernel';
import { BulkEndNotFoundError, BulkEnding } from '@app/sessions';
import { Body, Controller, Get, Param, Post, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { actOf } from './act.js';
import { toSessionFilter } from './session-filter.schemas.js';
import { presentAdminSession, presentBulkEnd } from './sessions.presenter.js';
import {
  adminSessionExample,
  bulkAnswerView,
  type BulkEndBody,
  bulkEndBody,
  bulkEndExample,
  bulkEndView,
} from './sessions.schemas.js';

/** Only looks. */
function isDryRun({ body }: FastifyRequest): boolean {
  return (body as { dry_run?: unknown } | undefined)?.dry_run === true;
}

@ApiTags('Administration')
@Controller('api/v1/admin/sessions')
@AdminOnly()
export class AdminBulkEndsController {
  constructor(
    private readonly bulk: BulkEnding,
    private readonly overview: SessionOverview,
    private readonly clock: Clock,
  ) {}

  @Post('end')
  @Fresh({ unless: isDryRun })
  @Returns({
    summary: 'End all live sessions that meet a filter',
    description:
      'With `dry_run` it counts them and shows some (200). Without, the order is taken (202) and carried out at once: ' +
      'sessions that begin later stay, and so does the session that asks. `expected_count` refuses the order with ' +
      'CONFLICT if another number matches. Shares end with their sessions and are counted only if they match themselves.',
    data: bulkAnswerView,
    example: { count: 42, sample: [adminSessionExample], order: bulkEndExample },
    problems: [...bodyProblems, ...adminProblems, 'STEP_UP_REQUIRED', 'CSRF_REJECTED', 'CONFLICT'],
  })
  async endSessions(
    @Body({ schema: bulkEndBody }) body: BulkEndBody,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const filter = await this.overview.resolved(toSessionFilter(body.filter));
    const wish = { filter, keep: principal.session.id };
    if (body.dry_run) {
      const { count, sample } = await this.overview.preview(wish);
      const now = this.clock.now();
      return { count, sample: sample.map((one) => presentAdminSession(one, principal, now)) };
    }
    const act = actOf(principal, body.reason);
    const standing = await this.bulk.order(wish, act, body.expected_count ?? null);
    void reply.status(202);
    return { count: standing.order.matched, sample: [], order: presentBulkEnd(standing) };
  }

  @Get('ends/:id')
  @ApiParam({ name: 'id', description: 'Id of the order', example: bulkEndExample.id })
  @Returns({
    summary: 'Show how far an order to end sessions is',
    data: bulkEndView,
    example: bulkEndExample,
    problems: [...adminProblems, 'NOT_FOUND'],
  })
  async showOrder(@Param('id') id: string) {
    if (!z.uuid().safeParse(id).success) throw new BulkEndNotFoundError();
    return presentBulkEnd(await this.bulk.get(id));
  }
}
