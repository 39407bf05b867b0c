import { type Principal, SessionOverview } from '@app/auth';
import { adminProblems, AdminOnly, answerPropagation, CurrentPrincipal, Fresh, Returns } from '@app/http';
import { Clock, parseSessionId, type SessionId } from '@app/kernel';
import { SessionNotFoundError, SessionTermination } from '@app/sessions';
import { Controller, Delete, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { nextSessionsToken, placeOf } from '../sessions/session-paging.js';
import { endedView } from '../sessions/sessions.schemas.js';
import { actOf, type ReasonQuery, reasonQuery } from './act.js';
import { type SessionQuery, sessionQuery, toSessionSearch } from './session-filter.schemas.js';
import { presentAdminSession } from './sessions.presenter.js';
import { adminSessionExample, adminSessionListView, adminSessionView } from './sessions.schemas.js';

const ofSession = ApiParam({ name: 'id', description: 'Id of the session', example: adminSessionExample.id });

@ApiTags('Administration')
@Controller('api/v1/admin/sessions')
@AdminOnly()
export class AdminSessionsController {
  constructor(
    private readonly overview: SessionOverview,
    private readonly termination: SessionTermination,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Returns({
    summary: 'Search sessions of everybody, newest first',
    description:
      'A page is given out when it is full or 60,000 sessions have been looked at: it may hold fewer than asked for, ' +
      'even none, and yet lead to a next one. The list is complete when `next_page_token` is null.',
    data: adminSessionListView,
    example: { sessions: [adminSessionExample], count: 1, next_page_token: null },
    problems: [...adminProblems, 'VALIDATION_FAILED'],
  })
  async searchSessions(
    @Query({ schema: sessionQuery }) query: SessionQuery,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = { size: query.page_size, after: placeOf(query.page_token) };
    const { sessions, next } = await this.overview.list(toSessionSearch(query), page);
    const now = this.clock.now();
    return {
      sessions: sessions.map((one) => presentAdminSession(one, principal, now)),
      count: sessions.length,
      next_page_token: nextSessionsToken(request, reply, next),
    };
  }

  @Get(':id')
  @ofSession
  @Returns({
    summary: 'Show a session of anybody',
    data: adminSessionView,
    example: adminSessionExample,
    problems: [...adminProblems, 'NOT_FOUND'],
  })
  async showSession(@Param('id') text: string, @CurrentPrincipal() principal: Principal) {
    const owned = await this.overview.get(sessionIdOf(text));
    return presentAdminSession(owned, principal, this.clock.now());
  }

  @Delete(':id')
  @Fresh()
  @ofSession
  @Returns({
    summary: 'End a session of anybody',
    description:
      'It ends with reason `admin`. Answered 202 while that is not proven on every instance; may be repeated until it is.',
    data: endedView,
    example: {
      id: adminSessionExample.id,
      end_reason: 'admin',
      ended_at: '2026-11-20T09:30:00.000Z',
      propagation: 'complete',
    },
    problems: [...adminProblems, 'VALIDATION_FAILED', 'NOT_FOUND', 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async endAnySession(
    @Param('id') text: string,
    @Query({ schema: reasonQuery }) { reason }: ReasonQuery,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = sessionIdOf(text);
    const end = await this.termination.one(id, actOf(principal, reason));
    answerPropagation(reply, end);
    return { id, end_reason: end.reason, ended_at: end.at.toISOString(), propagation: end.propagation };
  }
}

function sessionIdOf(text: string): SessionId {
  const id = parseSessionId(text);
  if (!id) throw new SessionNotFoundError();
  return id;
}
