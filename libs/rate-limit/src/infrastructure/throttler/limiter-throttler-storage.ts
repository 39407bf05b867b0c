import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import { RateLimits } from '../../application/rate-limits.js';
import { windowRule } from '../../domain/policies.js';
import type { Rule } from '../../domain/rule.js';

type ThrottlerRecord = Awaited<ReturnType<ThrottlerStorageService['increment']>>;

/**
 * The storage of `@nestjs/throttler` on the limits of all instances, for whoever uses its guard as it is: named
 * limits count apart, and a block lasts `blockDuration` from the first refusal and then counts anew. Seconds are
 * rounded up. The product's own guard asks for all policies of a request at once instead.
 */
@Injectable()
export class LimiterThrottlerStorage implements ThrottlerStorage {
  constructor(private readonly limits: RateLimits) {}

  async increment(
    key: string,
    ttl: number,
    limit: number,
    blockDuration: number,
    throttlerName: string,
  ): Promise<ThrottlerRecord> {
    const rule = throttlerRule({ ttl, limit, blockDuration });
    const claim = this.limits.claim({ policy: throttlerName, subject: `throttler:${key}`, rule });
    const by = { userId: null, address: '' };
    const known = this.limits.recall([claim], by)?.[0];
    const verdict = known ?? (await this.limits.consume([claim], by))[0]!;
    return {
      totalHits: verdict.isAllowed ? verdict.limit - verdict.remaining : verdict.limit + 1,
      timeToExpire: Math.ceil(verdict.resetMs / 1_000),
      isBlocked: !verdict.isAllowed,
      timeToBlockExpire: Math.ceil(verdict.retryAfterMs / 1_000),
    };
  }
}

/** Milliseconds, as the throttler has them; no block for a duration of 0. */
export function throttlerRule(of: { ttl: number; limit: number; blockDuration: number }): Rule {
  const rule = windowRule({ limit: of.limit, seconds: of.ttl / 1_000 });
  const { blockDuration } = of;
  return blockDuration > 0 ? { ...rule, block: { firstMs: blockDuration, maxMs: blockDuration } } : rule;
}
