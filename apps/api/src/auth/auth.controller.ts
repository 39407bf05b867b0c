import { type Principal, Registration, SignIn, SignOut } from '@app/auth';
import {
  answerPropagation,
  bodyProblems,
  Client,
  type Credential,
  CrossSiteDefence,
  CurrentCredential,
  CurrentPrincipal,
  NeedsSession,
  Public,
  Returns,
  SessionCookies,
  sessionProblems,
  SignedToken,
} from '@app/http';
import { RedisConnection } from '@app/redis';
import { type ClientFacts, type EndedOne, SessionAuthority } from '@app/sessions';
import { Body, Controller, Get, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { principalExample, signedInExample } from './auth.examples.js';
import { presentPrincipal, presentSignedOut, presentSignedOutEverywhere } from './auth.presenter.js';
import {
  principalView,
  type RegisterBody,
  registerBody,
  sessionCountView,
  signedInView,
  signedOutEverywhereView,
  signedOutView,
  type SignInBody,
  signInBody,
} from './auth.schemas.js';
import { SignedInReply, type Transport } from './signed-in-reply.js';

@ApiTags('Authentication')
@Controller('api/v1/auth')
export class AuthController {
  constructor(
    private readonly registration: Registration,
    private readonly signIn: SignIn,
    private readonly signOut: SignOut,
    private readonly sessions: SessionAuthority,
    private readonly redis: RedisConnection,
    private readonly answer: SignedInReply,
    private readonly cookies: SessionCookies,
    private readonly defence: CrossSiteDefence,
  ) {}

  @Post('register')
  @Public()
  @Returns({
    summary: 'Create an account and sign in',
    status: 201,
    data: signedInView,
    example: signedInExample,
    problems: [...bodyProblems, 'EMAIL_TAKEN', 'CONFLICT', 'CSRF_REJECTED', 'OVERLOADED'],
  })
  async register(
    @Body({ schema: registerBody }) body: RegisterBody,
    @Client() client: ClientFacts,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const transport = this.transportFor(body, request);
    const { email, password, username = null, full_name: fullName = null, profile = 'standard' } = body;
    const account = { email, password, username, fullName };
    const signedIn = await this.registration.register(account, { client, profile });
    return this.answer.write(reply, signedIn, transport);
  }

  @Post(['signin', 'login'])
  @Public()
  @Returns({
    summary: 'Sign in on this device',
    description:
      'At the session limit the oldest session of the account ends with reason `limit`. The tokens come in the body ' +
      'and as cookies, unless `transport` says which: `cookie` keeps them from scripts, `bearer` sets no cookies.',
    data: signedInView,
    example: signedInExample,
    problems: [
      ...bodyProblems,
      'INVALID_CREDENTIALS',
      'SESSION_LIMIT_REACHED',
      'CSRF_REJECTED',
      'OVERLOADED',
    ],
  })
  async signInWithPassword(
    @Body({ schema: signInBody }) body: SignInBody,
    @Client() client: ClientFacts,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const transport = this.transportFor(body, request);
    const login = body.email === undefined ? { username: body.username! } : { email: body.email };
    const wish = { client, profile: body.profile ?? 'standard' };
    const signedIn = await this.signIn.withPassword(login, body.password, wish);
    return this.answer.write(reply, signedIn, transport);
  }

  @Get(['session', 'me'])
  @NeedsSession()
  @Returns({
    summary: 'Who is this, and is the session still good?',
    data: principalView,
    example: principalExample,
    problems: sessionProblems,
  })
  getPrincipal(@CurrentPrincipal() principal: Principal) {
    return presentPrincipal(principal);
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

  /** A foreign page must not sign a browser in as somebody else (login CSRF). */
  private transportFor(body: { transport?: 'bearer' | 'cookie' }, request: FastifyRequest): Transport {
    const transport = body.transport ?? 'both';
    if (transport !== 'bearer') this.defence.assertOwnPage(request);
    return transport;
  }
}
