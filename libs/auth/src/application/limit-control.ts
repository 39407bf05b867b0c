import type { RateLimitConfig } from '@app/config';
import { type Act, EventLog, factsOf } from '@app/event-log';
import { Clock, networkOf, type UserId } from '@app/kernel';
import {
  type Asking,
  type Policies,
  policiesToken,
  type PolicyName,
  rateLimitConfigToken,
  RateLimits,
  widened,
} from '@app/rate-limit';
import { Inject, Injectable } from '@nestjs/common';
import { AccountProtection } from './account-protection.js';

/** `account` counts failures and is kept apart from the others. */
export type LimitName = Exclude<PolicyName, 'client'> | 'account';

/** Whom a policy counts, in words that an administrator can know. */
export interface LimitSubject {
  readonly policy: LimitName;
  /** An address, the id of a user, or for `account` an e-mail address or username. */
  readonly subject: string;
}

export interface LimitStanding {
  /** What is counted together: a /64 or /48 for an IPv6 address. */
  readonly counted: string;
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** What administrators see and undo of limits. */
@Injectable()
export class LimitControl {
  constructor(
    private readonly limits: RateLimits,
    private readonly protection: AccountProtection,
    private readonly events: EventLog,
    private readonly clock: Clock,
    @Inject(policiesToken) private readonly policies: Policies,
    @Inject(rateLimitConfigToken) private readonly config: RateLimitConfig,
  ) {}

  get isEnabled(): boolean {
    return this.config.enabled;
  }

  /** As this instance would judge now. */
  async standing({ policy, subject }: LimitSubject): Promise<LimitStanding[]> {
    if (policy === 'account') return [await this.accountStanding(subject)];
    return Promise.all(
      this.askings(policy, subject).map(async (asking) => {
        const { limit, remaining, resetMs, isBlocked } = await this.limits.peek(this.limits.claim(asking));
        const left = isBlocked ? 0 : remaining;
        return {
          counted: asking.subject.slice(asking.subject.indexOf(':') + 1),
          limit,
          used: limit - left,
          remaining: left,
          resetMs: left === limit ? 0 : resetMs,
        };
      }),
    );
  }

  /** False if it holds for this instance only, because the shared store is away. */
  async reset({ policy, subject }: LimitSubject, act: Act): Promise<boolean> {
    if (policy === 'account') {
      await this.record({
        policy,
        digest: await this.protection.forgive(loginOf(subject)),
        userId: null,
        act,
      });
      return true;
    }
    const claims = this.askings(policy, subject).map((asking) => this.limits.claim(asking));
    const reached = await Promise.all(claims.map((claim) => this.limits.reset(claim)));
    const userId = policy === 'user' ? (subject as UserId) : null;
    await this.record({ policy, digest: claims[0]!.subject, userId, act });
    return reached.every(Boolean);
  }

  /** Whose it was is told by nobody: the digest finds it for who knows whom to look for. */
  private record({
    userId,
    ...of
  }: {
    policy: LimitName;
    digest: string;
    userId: UserId | null;
    act: Act;
  }): Promise<void> {
    const payload = { policy: of.policy, subject: of.digest, ...factsOf(of.act) };
    return this.events.append([{ type: 'rate_limit.reset', userId, payload, at: this.clock.now() }]);
  }

  private async accountStanding(subject: string): Promise<LimitStanding> {
    const { failures, free, resetMs } = await this.protection.standingOf(loginOf(subject));
    return {
      counted: 'strangers',
      limit: free,
      used: failures,
      remaining: Math.max(0, free - failures),
      resetMs,
    };
  }

  private askings(name: Exclude<LimitName, 'account'>, subject: string): Asking[] {
    const { rule } = this.policies[name];
    if (name === 'user') return [{ policy: name, subject: `user:${subject}`, rule }];
    const { narrow, wide } = networkOf(subject);
    const own = { policy: name, subject: `address:${narrow}`, rule };
    return wide === null ? [own] : [own, { policy: name, subject: `network:${wide}`, rule: widened(rule) }];
  }
}

function loginOf(name: string): { readonly email: string } | { readonly username: string } {
  return name.includes('@') ? { email: name } : { username: name };
}
