import { networkOf, type UserId } from '@app/kernel';
import {
  capacityOf,
  type Claim,
  type Policy,
  type RateLimits,
  type Rule,
  spanOf,
  widened,
} from '@app/rate-limit';
import type { FastifyRequest } from 'fastify';
import { policyItem } from './rate-limit-headers.js';

/** Who asks, as far as can be told before any store is asked. */
export interface Caller {
  readonly address: string;
  /** Of a correctly signed token; whether its session lives is not known yet. */
  readonly userId: UserId | null;
}

const maxRemembered = 10_000;

/** What a policy asks about one subject: the first claim is the client's to see, a wider network's is not. */
export type Claims = readonly [Claim, ...Claim[]];

/**
 * One policy under the rule that it has on a route, which may differ from its own. The claims of subjects that came
 * lately are remembered: a client that asks often would have its name made and digested for each request.
 */
export class RouteLimit {
  readonly capacity: number;
  private readonly item: string;
  private readonly remembered = new Map<string, Claims>();
  private readonly wide: Rule;

  constructor(
    private readonly limits: RateLimits,
    readonly policy: Policy,
    private readonly rule: Rule,
  ) {
    this.capacity = capacityOf(rule);
    this.item = policyItem(policy.name, this.capacity, spanOf(rule));
    this.wide = widened(rule);
  }

  /** As `RateLimit-Policy` names it. An instance that limits alone has a share of the capacity. */
  itemOf(capacity: number): string {
    return capacity === this.capacity ? this.item : policyItem(this.policy.name, capacity, spanOf(this.rule));
  }

  /** Null: the policy does not concern this request. What names no client or sends no header goes by address. */
  claimsOf({ address, userId }: Caller, request: FastifyRequest): Claims | null {
    const { subject } = this.policy;
    if (subject === 'address') return this.claimsOfAddress(address);
    if (subject === 'user') return userId && this.known(userId, () => this.claims(`user:${userId}`));
    const header = subject === 'client' ? 'authorization' : subject.slice('header:'.length);
    const value = request.headers[header];
    const isUsable = typeof value === 'string' && value !== '';
    // The whole credential, so that nobody uses up the quota of a client whose secret he does not know.
    return isUsable && (subject !== 'client' || /^basic /i.test(value))
      ? this.claims(`${subject}:${value}`)
      : this.claimsOfAddress(address);
  }

  private claimsOfAddress(address: string): Claims {
    return this.known(address, () => {
      const { narrow, wide } = networkOf(address);
      return this.claims(`address:${narrow}`, wide === null ? null : `network:${wide}`);
    });
  }

  private claims(subject: string, network: string | null = null): Claims {
    const policy = this.policy.name;
    const own = this.limits.claim({ policy, subject, rule: this.rule });
    if (network === null) return [own];
    return [own, this.limits.claim({ policy, subject: network, rule: this.wide })];
  }

  private known(subject: string, make: () => Claims): Claims {
    const known = this.remembered.get(subject);
    if (known) return known;
    const claims = make();
    if (this.remembered.size >= maxRemembered) this.remembered.clear();
    // A copy: an address that was cut from a header would keep all of the header.
    this.remembered.set(Buffer.from(subject).toString(), claims);
    return claims;
  }
}
