import { SessionCheck } from '@app/auth';
import type { UserId } from '@app/kernel';
import {
  capacityOf,
  type Policies,
  policiesToken,
  type Policy,
  type PolicyName,
  RateLimitedError,
  RateLimits,
  type Rule,
  type Ruling,
  spanOf,
  throttlerRule,
} from '@app/rate-limit';
import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  type ThrottlerStorage,
} from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../client-facts.js';
import { type AccessMode, accessModeKey } from '../guards/access.js';
import { Credentials } from '../guards/credentials.js';
import { RouteMark } from '../guards/route-mark.js';
import { AddressWatch } from './address-watch.js';
import { AskedLimits } from './asked-limits.js';
import { rateLimitKey } from './rate-limit.decorator.js';
import { rateLimitHeaders } from './rate-limit-headers.js';
import type { LimitedRequest } from './within-limits.js';

interface RouteLimit {
  readonly policy: Policy;
  readonly rule: Rule;
}

/**
 * The throttler's guard decides which named limits concern a route and with which numbers; this one collects them
 * and asks for all at once, in the round trip of the session check where there is one. Store errors never refuse.
 *
 * It decides once for each handler: thirty looks at metadata for every request took two thirds of what limits cost
 * (bench/RESULTS.md). So the numbers of `@Throttle` have to be numbers, not functions of the request.
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  private readonly decided = new Map<object, readonly RouteLimit[]>();
  private readonly deciding = new WeakMap<ExecutionContext, RouteLimit[]>();
  private readonly access: RouteMark<AccessMode>;
  private readonly names: RouteMark<PolicyName[]>;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly limits: RateLimits,
    private readonly check: SessionCheck,
    private readonly credentials: Credentials,
    private readonly watch: AddressWatch,
    @Inject(policiesToken) private readonly policies: Policies,
  ) {
    super(options, storage, reflector);
    this.access = new RouteMark(reflector, accessModeKey);
    this.names = new RouteMark(reflector, rateLimitKey);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<LimitedRequest>();
    const address = clientAddress(request);
    this.watch.note(request, address);
    const mode = this.access.of(context) ?? 'session';
    const userId = mode === 'public' ? null : this.userOf(request);
    const asked = new AskedLimits(this.limits, request, { address, userId });
    const limits = this.decided.get(context.getHandler()) ?? (await this.decide(context));
    for (const { policy, rule } of limits) asked.add(policy, rule);
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    this.enforce(asked, this.limits.recall(asked.claims, asked.caller), reply);
    const asking = this.ask(asked, reply);
    // Only a signed token is checked against a store, and only then is there a round trip to share.
    if (mode !== 'session' || !userId) await asking;
    asking.catch(() => undefined); // The session guard waits for it, unless it refuses first.
    request.limits = asking;
    return true;
  }

  /** Called once for every named limit that is not skipped. */
  protected override async handleRequest(of: ThrottlerRequest): Promise<boolean> {
    const policy = this.policies[of.throttler.name as PolicyName];
    const rule = ruleOnRoute(policy, of);
    if (rule !== policy.rule || this.concerns(policy, of.context))
      this.deciding.get(of.context)?.push({ policy, rule });
    return true;
  }

  private async decide(context: ExecutionContext): Promise<readonly RouteLimit[]> {
    const limits: RouteLimit[] = [];
    this.deciding.set(context, limits);
    await super.canActivate(context);
    this.decided.set(context.getHandler(), limits);
    return limits;
  }

  private async ask(asked: AskedLimits, reply: FastifyReply): Promise<void> {
    const { claims } = asked;
    if (claims.length > 0) this.enforce(asked, await this.limits.consume(claims, asked.caller), reply);
  }

  private enforce(asked: AskedLimits, rulings: readonly Ruling[], reply: FastifyReply): void {
    if (rulings.length === 0) return;
    void reply.headers(rateLimitHeaders(asked.advertised(rulings)));
    const waits = rulings
      .filter(({ verdict }) => !verdict.isAllowed)
      .map(({ verdict }) => verdict.retryAfterMs);
    if (waits.length > 0) throw new RateLimitedError(Math.max(...waits));
  }

  private concerns(policy: Policy, context: ExecutionContext): boolean {
    if (policy.scope !== 'named') return true;
    return this.names.of(context)?.includes(policy.name) ?? false;
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

/** The policy's own rule, or another one if the route has `@Throttle` with other numbers. */
function ruleOnRoute({ rule }: Policy, { limit, ttl, blockDuration }: ThrottlerRequest): Rule {
  const isOwn =
    limit === capacityOf(rule) && ttl === spanOf(rule) && blockDuration === (rule.block?.firstMs ?? 0);
  return isOwn ? rule : throttlerRule({ limit, ttl, blockDuration });
}
