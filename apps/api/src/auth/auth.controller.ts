import { type Principal, Registration, SignIn, SignOut } from '@app/auth';
import {
  answerPropagation,
  BearerToken,
  bodyProblems,
  Client,
  CurrentPrincipal,
  NeedsSession,
  Public,
  RateLimit,
  Returns,
  sessionProblems,
  SignedToken,
} from '@app/http';
import { RedisConnection } from '@app/redis';
import { type ClientFacts, SessionAuthority } from '@app/sessions';
import { Body, Controller, Get, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { principalExample, signedInExample } from './auth.examples.js';
import {
  presentPrincipal,
  presentSignedIn,
  presentSignedOut,
  presentSignedOutEverywhere,
} from './auth.presenter.js';
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

@ApiTags('Authentication')
@Controller('api/v1/auth')
export class AuthController {
  constructor(
    private readonly registration: Registration,
    private readonly signIn: SignIn,
    private readonly signOut: SignOut,
    private readonly sessions: SessionAuthority,
    private readonly redis: RedisConnection,
  ) {}

  @Post('register')
  @Public()
  @RateLimit('auth')
  @Returns({
    summary: 'Create an account and sign in',
    status: 201,
    data: signedInView,
    example: signedInExample,
    problems: [...bodyProblems, 'EMAIL_TAKEN', 'CONFLICT', 'OVERLOADED'],
  })
  async register(
    @Body({ schema: registerBody }) body: RegisterBody,
    @Client() client: ClientFacts,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { email, password, username = null, full_name: fullName = null } = body;
    const signedIn = await this.registration.register({ email, password, username, fullName }, client);
    void reply.header('x-session-id', signedIn.session.id);
    return presentSignedIn(signedIn);
  }

  @Post(['signin', 'login'])
  @Public()
  @RateLimit('auth')
  @Returns({
    summary: 'Sign in on this device',
    description: 'At the session limit the oldest session of the account ends with reason `limit`.',
    data: signedInView,
    example: signedInExample,
    problems: [
      ...bodyProblems,
      'INVALID_CREDENTIALS',
      'CHALLENGE_REQUIRED',
      'SESSION_LIMIT_REACHED',
      'OVERLOADED',
    ],
  })
  async signInWithPassword(
    @Body({ schema: signInBody }) body: SignInBody,
    @Client() client: ClientFacts,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const login = body.email === undefined ? { username: body.username! } : { email: body.email };
    const signedIn = await this.signIn.withPassword(login, body.password, client, body.altcha ?? null);
    void reply.header('x-session-id', signedIn.session.id);
    return presentSignedIn(signedIn);
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
    description: 'Also succeeds when the session is over already, and then tells how it ended.',
    data: signedOutView,
    example: {
      message: 'Signed out',
      end_reason: 'signout',
      ended_at: '2026-11-20T09:30:00.000Z',
      propagation: 'complete',
    },
    problems: ['UNAUTHENTICATED', 'TOKEN_INVALID'],
  })
  async signOutOfSession(@BearerToken() token: string, @Res({ passthrough: true }) reply: FastifyReply) {
    const ended = await this.signOut.ofToken(token);
    answerPropagation(reply, ended);
    return presentSignedOut(ended);
  }

  @Post('logout-all')
  @NeedsSession()
  @Returns({
    summary: 'Sign out on every device, this one too',
    data: signedOutEverywhereView,
    example: { message: 'Signed out everywhere', sessions_deleted: 3, propagation: 'complete' },
    problems: sessionProblems,
  })
  async signOutEverywhere(
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const ended = await this.signOut.everywhere(principal.user.id);
    answerPropagation(reply, ended);
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
}
