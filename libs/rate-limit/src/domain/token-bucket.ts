import { type Algorithm, type Micros, microsPerMs } from './algorithm.js';
import type { TokenBucketRule } from './rule.js';

/** Theoretical arrival time (ITU-T I.371): when the bucket will be full again. */
export interface TokenBucket {
  readonly fullAt: Micros;
}

/** Whole microseconds, so that a burst is exactly `burst` units whatever the rate. */
export function intervalMicros({ rate, perMs }: TokenBucketRule): Micros {
  return Math.ceil((perMs * microsPerMs) / rate);
}

function fullAt(rule: TokenBucketRule, state: TokenBucket | null, now: Micros): Micros {
  return Math.min(Math.max(state?.fullAt ?? now, now), now + rule.burst * intervalMicros(rule));
}

export const tokenBucket: Algorithm<TokenBucketRule, TokenBucket> = {
  weigh(rule, state, now, cost) {
    const interval = intervalMicros(rule);
    const capacity = rule.burst * interval;
    const before = fullAt(rule, state, now);
    const next = before + cost * interval;
    const fits = next - now <= capacity;
    const after = fits ? next : before;
    return {
      fits,
      after: { fullAt: after },
      remaining: Math.floor((capacity - (after - now)) / interval),
      waitMicros: fits ? 0 : next - capacity - now,
      resetMicros: after - now,
    };
  },
  add(rule, state, now, cost) {
    const interval = intervalMicros(rule);
    return { fullAt: Math.min(fullAt(rule, state, now) + cost * interval, now + rule.burst * interval) };
  },
  remove(rule, state, now, cost) {
    return { fullAt: Math.max(now, fullAt(rule, state, now) - cost * intervalMicros(rule)) };
  },
  lifeMicros(_rule, state, now) {
    return Math.max(0, state.fullAt - now);
  },
};
