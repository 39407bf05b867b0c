import {
  capacityOf,
  type Policies,
  policiesToken,
  type Policy,
  type PolicyName,
  RateLimits,
  type Rule,
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
import { RouteMark } from '../guards/route-mark.js';
import { rateLimitKey } from './rate-limit.decorator.js';
import { RouteLimit } from './route-limit.js';

/**
 * Which limits concern a route and with which numbers, as the throttler's guard decides by its decorators; and those
 * that a route names. Decided once for each handler: thirty looks at metadata for every request took two thirds of what
 * limits cost (bench/RESULTS.md). So the numbers of `@Throttle` have to be numbers, not functions of the request.
 */
@Injectable()
export class RouteLimits extends ThrottlerGuard {
  private readonly decided = new Map<object, readonly RouteLimit[]>();
  private readonly deciding = new WeakMap<ExecutionContext, RouteLimit[]>();
  /** Routes under a policy's own rule share it. */
  private readonly made = new Map<Rule, RouteLimit>();
  private readonly names: RouteMark<PolicyName[]>;

  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly limits: RateLimits,
    @Inject(policiesToken) private readonly policies: Policies,
  ) {
    super(options, storage, reflector);
    this.names = new RouteMark(reflector, rateLimitKey);
  }

  /** A promise for the first request of a route alone. */
  of(context: ExecutionContext): readonly RouteLimit[] | Promise<readonly RouteLimit[]> {
    return this.decided.get(context.getHandler()) ?? this.decide(context);
  }

  /** Called once for every named limit that is not skipped. */
  protected override async handleRequest(of: ThrottlerRequest): Promise<boolean> {
    const policy = this.policies[of.throttler.name as PolicyName];
    const rule = ruleOnRoute(policy, of);
    if (rule !== policy.rule || this.concerns(policy, of.context))
      this.deciding.get(of.context)?.push(this.limitOf(policy, rule));
    return true;
  }

  private async decide(context: ExecutionContext): Promise<readonly RouteLimit[]> {
    const limits: RouteLimit[] = [];
    this.deciding.set(context, limits);
    await this.canActivate(context);
    this.decided.set(context.getHandler(), limits);
    return limits;
  }

  private limitOf(policy: Policy, rule: Rule): RouteLimit {
    const made = this.made.get(rule) ?? new RouteLimit(this.limits, policy, rule);
    this.made.set(rule, made);
    return made;
  }

  private concerns(policy: Policy, context: ExecutionContext): boolean {
    if (policy.scope !== 'named') return true;
    return this.names.of(context)?.includes(policy.name) ?? false;
  }
}

/** The policy's own rule, or another one if the route has `@Throttle` with other numbers. */
function ruleOnRoute({ rule }: Policy, { limit, ttl, blockDuration }: ThrottlerRequest): Rule {
  const isOwn =
    limit === capacityOf(rule) && ttl === spanOf(rule) && blockDuration === (rule.block?.firstMs ?? 0);
  return isOwn ? rule : throttlerRule({ limit, ttl, blockDuration });
}
