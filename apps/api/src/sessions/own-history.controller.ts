import { type Principal } from '@app/auth';
import { type EventType, UserEventReader } from '@app/event-log';
import {
  CurrentPrincipal,
  decodePageToken,
  NeedsSession,
  nextPageToken,
  type PageQuery,
  pageQuery,
  Returns,
  sessionProblems,
} from '@app/http';
import { Clock } from '@app/kernel';
import { SessionAuthority, SessionStatistics } from '@app/sessions';
import { UserRepository } from '@app/users';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  analyticsExample,
  analyticsView,
  eventExample,
  eventListView,
  historyView,
  overSessionExample,
} from './own-history.schemas.js';
import { nextSessionsToken, placeOf } from './session-paging.js';
import { presentOverSession, presentOwnEvent } from './sessions.presenter.js';

/** Days that the analytics of a user look back. */
const analyticsDays = 30;

/** What its user should know of; the rest is bookkeeping between instances. */
const shown: readonly EventType[] = [
  'user.created',
  'user.updated',
  'user.password_changed',
  'user.disabled',
  'user.enabled',
  'user.role_changed',
  'user.password_change_required',
  'session.created',
  'session.ended',
  'session.expired',
  'session.refresh_reused',
  'session.agent_changed',
  'signin.failed',
  'signin.new_device',
  'signin.new_network',
  'signin.after_failures',
  'share.created',
  'share.redeemed',
  'share.revoked',
];

const eventKey = z.tuple([z.int().positive()]);

@ApiTags('Sessions')
@Controller('api/v1/sessions')
@NeedsSession()
export class OwnHistoryController {
  constructor(
    private readonly sessions: SessionAuthority,
    private readonly statistics: SessionStatistics,
    private readonly events: UserEventReader,
    private readonly users: UserRepository,
    private readonly clock: Clock,
  ) {}

  @Get('history')
  @Returns({
    summary: 'List the sessions of the account that are over',
    description:
      'Newest sign-in first, each with how and when it ended. `Link: rel="next"` leads to the next page.',
    data: historyView,
    example: { sessions: [overSessionExample], count: 1, next_page_token: null },
    problems: [...sessionProblems, 'VALIDATION_FAILED'],
  })
  async listHistory(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: pageQuery }) query: PageQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const place = placeOf(query.page_token);
    const after = place && { createdAt: place.at, id: place.id };
    const found = await this.sessions.history(principal.user.id, { size: query.page_size + 1, after });
    const sessions = found.slice(0, query.page_size);
    const last = found.length > sessions.length ? sessions.at(-1) : undefined;
    const now = this.clock.now();
    return {
      sessions: sessions.map((session) => presentOverSession(session, principal, now)),
      count: sessions.length,
      next_page_token: nextSessionsToken(request, reply, last ? { at: last.createdAt, id: last.id } : null),
    };
  }

  @Get('events')
  @Returns({
    summary: 'List what happened to the account',
    description: 'Sign-ins, refused ones, ends of sessions and whatever was unusual, newest first.',
    data: eventListView,
    example: { events: [eventExample], count: 1, next_page_token: null },
    problems: [...sessionProblems, 'VALIDATION_FAILED'],
  })
  async listEvents(
    @CurrentPrincipal() principal: Principal,
    @Query({ schema: pageQuery }) query: PageQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const before = decodePageToken(query.page_token, eventKey)?.[0] ?? null;
    const found = await this.events.list(principal.user.id, {
      types: shown,
      size: query.page_size + 1,
      before,
    });
    const events = found.slice(0, query.page_size);
    const last = found.length > events.length ? events.at(-1) : undefined;
    const token = nextPageToken(request, reply, last ? [last.id] : null);
    return { events: events.map(presentOwnEvent), count: events.length, next_page_token: token };
  }

  @Get('analytics')
  @Returns({
    summary: 'Count how the account is used',
    description: 'Days are UTC; days, devices and networks are those of the last 30 days.',
    data: analyticsView,
    example: analyticsExample,
    problems: sessionProblems,
  })
  async analyse(@CurrentPrincipal() { user }: Principal) {
    const now = this.clock.now();
    const since = new Date(now.getTime() - analyticsDays * 86_400_000);
    const [own, statistics] = await Promise.all([
      this.users.find(user.id),
      this.statistics.ofUser(user.id, { now, since }),
    ]);
    return {
      active_sessions: statistics.active,
      total_sessions: statistics.total,
      last_login_at: own?.lastLoginAt?.toISOString() ?? null,
      sign_ins_per_day: [...statistics.perDay],
      by_device: [...statistics.byDevice],
      by_network: [...statistics.byNetwork],
    };
  }
}
