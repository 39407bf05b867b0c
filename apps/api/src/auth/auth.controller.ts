import { type Principal, SignOut } from '@app/auth';
import {
  answerPropagation,
  type AuthenticatedRequest,
  type Credential,
  CurrentCredential,
  CurrentPrincipal,
  NeedsSession,
  principalOf,
  Returns,
  SessionCookies,
  sessionProblems,
  SignedToken,
} from '@app/http';
import { RedisConnection } from '@app/redis';
import { type EndedOne, SessionAuthority } from '@app/sessions';
import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalExample } from './auth.examples.js';
import { presentPrincipal, presentSignedOut, presentSignedOutEverywhere } from './auth.presenter.js';
import { principalView, sessionCountView, signedOutEverywhereView, signedOutView } from './auth.schemas.js';

@ApiTags('Authentication')
@Controller('api/v1/auth')
export class AuthController {
  /** A principal that is asked about again is shown as before. */
  private readonly shown = new WeakMap<Principal, ReturnType<typeof presentPrincipal>>();

  constructor(
    private readonly signOut: SignOut,
    private readonly sessions: SessionAuthority,
    private readonly redis: RedisConnection,
    private readonly cookies: SessionCookies,
  ) {}

  @Get(['session', 'me'])
  @NeedsSession()
  @Returns({
    summary: 'Who is this, and is the session still good?',
    data: principalView,
    example: principalExample,
    problems: sessionProblems,
  })
  // The request itself, since @CurrentPrincipal takes some ten promises, and nothing is asked as often as this.
  getPrincipal(@Req() request: AuthenticatedRequest) {
    const principal = principalOf(request);
    const known = this.shown.get(principal);
    if (known) return known;
    const view = Object.freeze(presentPrincipal(principal));
    this.shown.set(principal, view);
    return view;
  }

  @Post(['signout', 'logout'])
  @SignedToken()
  @Returns({
    summary: 'Sign out on this device',
    description:
      'Also succeeds when the session is over already, and then tells how it ended. Cookies are cleared, also those ' +
      'that tell nothing any more.',
    data: signedOutView,
    example: {
      message: 'Signed out',
      end_reason: 'signout',
      ended_at: '2026-11-20T09:30:00.000Z',
      propagation: 'complete',
    },
    problems: ['UNAUTHENTICATED', 'TOKEN_INVALID', 'CSRF_REJECTED'],
  })
  async signOutOfSession(
    @CurrentCredential() credential: Credential | null,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ended = credential && (await this.endSessionOf(credential));
    if (ended) answerPropagation(reply, ended);
    if (credential?.via !== 'header') this.cookies.forget(request, reply);
    return presentSignedOut(ended);
  }

  @Post('logout-all')
  @NeedsSession()
  @Returns({
    summary: 'Sign out on every device, this one too',
    data: signedOutEverywhereView,
    example: { message: 'Signed out everywhere', sessions_deleted: 3, propagation: 'complete' },
    problems: [...sessionProblems, 'CSRF_REJECTED'],
  })
  async signOutEverywhere(
    @CurrentPrincipal() principal: Principal,
    @CurrentCredential() credential: Credential,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ended = await this.signOut.everywhere(principal.user.id);
    answerPropagation(reply, ended);
    if (credential.via === 'cookie') this.cookies.forget(request, reply);
    return presentSignedOutEverywhere(ended);
  }

  @Get('sessions')
  @NeedsSession()
  @Returns({
    summary: 'Count the live sessions of the account',
    data: sessionCountView,
    example: { active_sessions: 2, redis_available: true },
    problems: sessionProblems,
  })
  async countSessions(@CurrentPrincipal() principal: Principal) {
    const active = await this.sessions.count(principal.user.id);
    return { active_sessions: active, redis_available: this.redis.isAvailable };
  }

  private endSessionOf({ token, isRefreshToken }: Credential): Promise<EndedOne | null> {
    return isRefreshToken ? this.signOut.ofRefreshToken(token) : this.signOut.ofToken(token);
  }
}
