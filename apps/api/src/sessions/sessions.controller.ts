import type { Principal } from '@app/auth';
import {
  answerPropagation,
  CurrentPrincipal,
  Fresh,
  NeedsSession,
  Returns,
  sessionProblems,
} from '@app/http';
import { parseSessionId } from '@app/kernel';
import { SessionAuthority, SessionNotFoundError } from '@app/sessions';
import { Controller, Delete, Get, Param, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { presentSession } from './sessions.presenter.js';
import {
  endedView,
  othersEndedView,
  sessionExample,
  sessionListView,
  sessionView,
} from './sessions.schemas.js';

function isOwnCurrent(request: FastifyRequest, { session }: Principal): boolean {
  return (request.params as { id?: string }).id === session.id;
}

@ApiTags('Sessions')
@Controller('api/v1/sessions')
@NeedsSession()
export class SessionsController {
  constructor(private readonly sessions: SessionAuthority) {}

  @Get(['', 'active'])
  @Returns({
    summary: 'List the live sessions of the account, newest first',
    data: sessionListView,
    example: { sessions: [sessionExample], count: 1 },
    problems: sessionProblems,
  })
  async listSessions(@CurrentPrincipal() principal: Principal) {
    const sessions = await this.sessions.list(principal.user.id);
    return {
      sessions: sessions.map((session) => presentSession(session, principal)),
      count: sessions.length,
    };
  }

  @Get('current')
  @Returns({
    summary: 'Show the session of this request',
    data: sessionView,
    example: sessionExample,
    problems: sessionProblems,
  })
  async getCurrentSession(@CurrentPrincipal() principal: Principal) {
    return presentSession(await this.sessions.get(principal.session.id, principal.user.id), principal);
  }

  @Delete(':id')
  @Fresh({ unless: isOwnCurrent })
  @ApiParam({ name: 'id', description: 'Id of the session, as listed', example: sessionExample.id })
  @Returns({
    summary: 'End one session of the account',
    description:
      'May be repeated. A session of another account is answered like one that does not exist. Ending another session ' +
      'than the own needs a password proven lately.',
    data: endedView,
    example: {
      id: sessionExample.id,
      end_reason: 'terminated',
      ended_at: '2026-11-20T09:30:00.000Z',
      propagation: 'complete',
    },
    problems: [...sessionProblems, 'NOT_FOUND', 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async endSession(
    @Param('id') text: string,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = parseSessionId(text);
    if (!id) throw new SessionNotFoundError();
    const end = await this.sessions.end(id, { userId: principal.user.id }, 'terminated');
    answerPropagation(reply, end);
    return { id, end_reason: end.reason, ended_at: end.at.toISOString(), propagation: end.propagation };
  }

  @Delete()
  @Fresh()
  @Returns({
    summary: 'End all sessions of the account but the one of this request',
    description: 'The kept session is that of the verified token; no header or parameter changes that.',
    data: othersEndedView,
    example: { terminated: 2, kept: 1, propagation: 'complete' },
    problems: [...sessionProblems, 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async endOtherSessions(
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ended = await this.sessions.endOthers({ userId: principal.user.id }, principal.session.id);
    answerPropagation(reply, ended);
    return { terminated: ended.count, kept: 1, propagation: ended.propagation };
  }
}
