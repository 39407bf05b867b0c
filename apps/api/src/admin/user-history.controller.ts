import { AccountDirectory, type Principal, SessionOverview } from '@app/auth';
import { UserEventReader } from '@app/event-log';
import {
  adminProblems,
  AdminOnly,
  CurrentPrincipal,
  decodePageToken,
  nextPageToken,
  type PageQuery,
  pageQuery,
  Returns,
} from '@app/http';
import { Clock } from '@app/kernel';
import { SessionAuthority } from '@app/sessions';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { eventExample, eventListView } from '../sessions/own-history.schemas.js';
import { nextSessionsToken, placeOf } from '../sessions/session-paging.js';
import { presentUserEvent } from '../sessions/sessions.presenter.js';
import { userIdOf } from './act.js';
import { presentAdminSession } from './sessions.presenter.js';
import { adminSessionExample, adminSessionListView } from './sessions.schemas.js';
import { accountExample } from './users.schemas.js';

const eventKey = z.tuple([z.int().positive()]);
const ofUser = ApiParam({ name: 'id', description: 'Id of the user', example: accountExample.id });
const problems = [...adminProblems, 'NOT_FOUND', 'VALIDATION_FAILED'] as const;

@ApiTags('Administration')
@Controller('api/v1/admin/users/:id')
@AdminOnly()
export class AdminUserHistoryController {
  constructor(
    private readonly accounts: AccountDirectory,
    private readonly overview: SessionOverview,
    private readonly sessions: SessionAuthority,
    private readonly events: UserEventReader,
    private readonly clock: Clock,
  ) {}

  @Get('sessions')
  @ofUser
  @Returns({
    summary: 'List the live sessions of a user, newest first',
    data: adminSessionListView,
    example: { sessions: [adminSessionExample], count: 1, next_page_token: null },
    problems,
  })
  async listSessionsOfUser(
    @Param('id') id: string,
    @Query({ schema: pageQuery }) query: PageQuery,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { user } = await this.accounts.get(userIdOf(id));
    const page = { size: query.page_size, after: placeOf(query.page_token) };
    const { sessions, next } = await this.overview.list({ userId: user.id, state: 'live' }, page);
    const now = this.clock.now();
    return {
      sessions: sessions.map((one) => presentAdminSession(one, principal, now)),
      count: sessions.length,
      next_page_token: nextSessionsToken(request, reply, next),
    };
  }

  @Get('history')
  @ofUser
  @Returns({
    summary: 'List the sessions of a user that are over, newest sign-in first',
    data: adminSessionListView,
    example: {
      sessions: [
        {
          ...adminSessionExample,
          is_active: false,
          state: 'ended',
          end_reason: 'signout',
          ended_at: '2026-11-20T09:30:00.000Z',
        },
      ],
      count: 1,
      next_page_token: null,
    },
    problems,
  })
  async listHistoryOfUser(
    @Param('id') id: string,
    @Query({ schema: pageQuery }) query: PageQuery,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { user } = await this.accounts.get(userIdOf(id));
    const place = placeOf(query.page_token);
    const after = place && { createdAt: place.at, id: place.id };
    const found = await this.sessions.history(user.id, { size: query.page_size + 1, after });
    const sessions = found.slice(0, query.page_size);
    const last = found.length > sessions.length ? sessions.at(-1) : undefined;
    const now = this.clock.now();
    return {
      sessions: sessions.map((session) =>
        presentAdminSession({ session, email: user.email }, principal, now),
      ),
      count: sessions.length,
      next_page_token: nextSessionsToken(request, reply, last ? { at: last.createdAt, id: last.id } : null),
    };
  }

  @Get('events')
  @ofUser
  @Returns({
    summary: 'List what happened to a user, newest first',
    description: 'Whatever the log knows; `details` name the administrator (`by`) and the reason (`note`).',
    data: eventListView,
    example: { events: [eventExample], count: 1, next_page_token: null },
    problems,
  })
  async listEventsOfUser(
    @Param('id') id: string,
    @Query({ schema: pageQuery }) query: PageQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { user } = await this.accounts.get(userIdOf(id));
    const before = decodePageToken(query.page_token, eventKey)?.[0] ?? null;
    const found = await this.events.list(user.id, { types: null, size: query.page_size + 1, before });
    const events = found.slice(0, query.page_size);
    const last = found.length > events.length ? events.at(-1) : undefined;
    const token = nextPageToken(request, reply, last ? [last.id] : null);
    return { events: events.map(presentUserEvent), count: events.length, next_page_token: token };
  }
}
