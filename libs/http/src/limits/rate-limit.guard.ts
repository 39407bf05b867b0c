import { SessionCheck } from '@app/auth';
import type { UserId } from '@app/kernel';
import { RateLimitedError, RateLimits, type Verdict } from '@app/rate-limit';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../client-facts.js';
import { type AccessMode, accessModeKey } from '../guards/access.js';
import { Credentials } from '../guards/credentials.js';
import { replyOf, requestOf } from '../http-context.js';
import { RouteMark } from '../guards/route-mark.js';
import { AddressWatch } from './address-watch.js';
import { AskedLimits } from './asked-limits.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import type { RouteLimit } from './route-limit.js';
import { RouteLimits } from './route-limits.js';
import type { LimitedRequest } from './within-limits.js';

/**
 * Asks for all limits of a request at once, in the round trip of the session check where there is one. Store errors
 * never refuse.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private readonly access: RouteMark<AccessMode>;

  constructor(
    reflector: Reflector,
    private readonly routes: RouteLimits,
    private readonly limits: RateLimits,
    private readonly check: SessionCheck,
    private readonly credentials: Credentials,
    private readonly watch: AddressWatch,
  ) {
    this.access = new RouteMark(reflector, accessModeKey);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const limits = this.routes.of(context);
    return limits instanceof Promise
      ? limits.then((decided) => this.judge(context, decided))
      : this.judge(context, limits);
  }

  private judge(context: ExecutionContext, limits: readonly RouteLimit[]): true | Promise<true> {
    const request: LimitedRequest = requestOf(context);
    const address = clientAddress(request);
    this.watch.note(request, address);
    const mode = this.access.of(context) ?? 'session';
    const userId = mode === 'public' ? null : this.userOf(request);
    const asked = new AskedLimits(limits, { address, userId }, request);
    if (asked.claims.length === 0) return true;
    const asking = this.ask(asked, replyOf(context));
    // Only a signed token is checked against a store, and only then is there a round trip to share.
    if (mode !== 'session' || !userId) return asking;
    asking.catch(() => undefined); // The session guard waits for it, unless it refuses first.
    request.limits = asking;
    return true;
  }

  /** Throws what is known already; rejects with what a store says. */
  private ask(asked: AskedLimits, reply: FastifyReply): Promise<true> {
    const known = this.limits.recall(asked.claims, asked.caller);
    if (known) enforce(asked, known, reply);
    return this.limits
      .consume(asked.claims, asked.caller)
      .then((verdicts) => enforce(asked, verdicts, reply));
  }

  /** From the signature alone; the session guard says later what is wrong with the credential. */
  private userOf(request: FastifyRequest): UserId | null {
    try {
      return this.check.claimsOf(this.credentials.of(request).token).claims.userId;
    } catch {
      return null;
    }
  }
}

function enforce(asked: AskedLimits, verdicts: readonly (Verdict | null)[], reply: FastifyReply): true {
  void reply.headers(rateLimitHeaders(asked.advertised(verdicts)));
  let longest = -1;
  for (const verdict of verdicts) {
    if (verdict?.isAllowed === false) longest = Math.max(longest, verdict.retryAfterMs);
  }
  if (longest >= 0) throw new RateLimitedError(longest);
  return true;
}
