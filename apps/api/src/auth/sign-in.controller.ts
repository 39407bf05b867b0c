import { Registration, SharedSessions, SignIn, SignInTickets } from '@app/auth';
import { answerPropagation, bodyProblems, Client, Public, RateLimit, Returns } from '@app/http';
import { parseSessionId } from '@app/kernel';
import { type ClientFacts, SessionNotFoundError } from '@app/sessions';
import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { signedInExample } from './auth.examples.js';
import {
  type RedeemShareBody,
  redeemShareBody,
  type RegisterBody,
  registerBody,
  replacedView,
  signedInView,
  type SignInBody,
  signInBody,
  type TicketBody,
  ticketBody,
} from './auth.schemas.js';
import { SignedInReply } from './signed-in-reply.js';

/** Every way into a session. */
@ApiTags('Authentication')
@Controller('api/v1/auth')
@Public()
export class SignInController {
  constructor(
    private readonly registration: Registration,
    private readonly signIn: SignIn,
    private readonly tickets: SignInTickets,
    private readonly shared: SharedSessions,
    private readonly answer: SignedInReply,
  ) {}

  @Post('register')
  @RateLimit('auth')
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
    const target = this.answer.targetFor(body, request);
    const { email, password, username = null, full_name: fullName = null, profile = 'standard' } = body;
    const wish = { client, profile, device: target.device };
    const signedIn = await this.registration.register({ email, password, username, fullName }, wish);
    return this.answer.write(reply, signedIn, target);
  }

  @Post(['signin', 'login'])
  @RateLimit('auth')
  @Returns({
    summary: 'Sign in on this device',
    description:
      'A session of the same browser, or of the same `device_id`, ends with reason `replaced`. At the session limit ' +
      'the policy decides: the oldest or least used one ends with reason `limit`, or the sign-in is refused, or ' +
      '(`ask`) refused with a `ticket` and the `sessions` to choose from. The tokens come in the body and as cookies, ' +
      'unless `transport` says which: `cookie` keeps them from scripts, `bearer` sets no cookies.',
    data: signedInView,
    example: signedInExample,
    problems: [
      ...bodyProblems,
      'INVALID_CREDENTIALS',
      'CHALLENGE_REQUIRED',
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
    const target = this.answer.targetFor(body, request);
    const login = body.email === undefined ? { username: body.username! } : { email: body.email };
    const wish = {
      client,
      profile: body.profile ?? 'standard',
      device: target.device,
      proof: body.altcha ?? null,
    };
    const signedIn = await this.signIn.withPassword(login, body.password, wish);
    return this.answer.write(reply, signedIn, target);
  }

  @Post('signin/continue')
  @RateLimit('auth')
  @Returns({
    summary: 'Finish a sign-in by ending one of the other sessions',
    description: 'With the ticket of a sign-in that found all places taken; good for five minutes and once.',
    data: replacedView,
    example: { ...signedInExample, propagation: 'complete' as const },
    problems: [...bodyProblems, 'TOKEN_INVALID', 'NOT_FOUND', 'SESSION_LIMIT_REACHED', 'CSRF_REJECTED'],
  })
  async continueSignIn(
    @Body({ schema: ticketBody }) body: TicketBody,
    @Client() client: ClientFacts,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const target = this.answer.targetFor(body, request);
    const chosen = parseSessionId(body.end_session_id);
    if (!chosen) throw new SessionNotFoundError();
    const signedIn = await this.tickets.redeem(body.ticket, chosen, {
      client,
      device: target.device,
    });
    answerPropagation(reply, signedIn);
    return { ...this.answer.write(reply, signedIn, target), propagation: signedIn.propagation };
  }

  @Post('shares/redeem')
  @RateLimit('auth')
  @Returns({
    summary: 'Open a session that somebody has shared',
    description: 'The link works once. The session may only read, and ends with the one it is a share of.',
    data: signedInView,
    example: signedInExample,
    problems: [...bodyProblems, 'TOKEN_INVALID', 'CSRF_REJECTED'],
  })
  async redeemShare(
    @Body({ schema: redeemShareBody }) body: RedeemShareBody,
    @Client() client: ClientFacts,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const target = this.answer.targetFor(body, request);
    return this.answer.write(reply, await this.shared.redeem(body.token, client), target);
  }
}
