import type { PolicyName } from '@app/rate-limit';
import { SetMetadata } from '@nestjs/common';

export const rateLimitKey = 'rollcall:rate-limit';

/**
 * Judges a route under these policies too, beside those that apply by themselves (`global`, and `user` where there
 * is a session). `@SkipThrottle({ global: true })` of `@nestjs/throttler` takes one away, `@Throttle` changes its
 * numbers.
 */
export const RateLimit = (...policies: PolicyName[]) => SetMetadata(rateLimitKey, policies);
