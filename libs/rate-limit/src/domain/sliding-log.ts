import { type Algorithm, type Micros, microsPerMs } from './algorithm.js';
import type { SlidingLogRule } from './rule.js';

/** When each unit was taken, oldest first. */
export type SlidingLog = readonly Micros[];

function lapsing({ windowMs }: SlidingLogRule, log: SlidingLog | null, now: Micros): Micros[] {
  return (log ?? []).map((time) => Math.min(time, now)).filter((time) => time > now - windowMs * microsPerMs);
}

function copies(now: Micros, cost: number): Micros[] {
  return Array.from({ length: cost }, () => now);
}

export const slidingLog: Algorithm<SlidingLogRule, SlidingLog> = {
  weigh(rule, state, now, cost) {
    const taken = lapsing(rule, state, now);
    const window = rule.windowMs * microsPerMs;
    const fits = taken.length + cost <= rule.limit;
    const after = fits ? [...taken, ...copies(now, cost)] : taken;
    const oldest = after[0];
    const first = taken[taken.length + cost - rule.limit - 1];
    return {
      fits,
      after,
      remaining: Math.max(0, rule.limit - after.length),
      waitMicros: fits ? 0 : (first ?? now) + window - now,
      resetMicros: oldest === undefined ? 0 : oldest + window - now,
    };
  },
  add(rule, state, now, cost) {
    return [...lapsing(rule, state, now), ...copies(now, cost)].slice(-rule.limit);
  },
  remove(rule, state, now, cost) {
    const taken = lapsing(rule, state, now);
    return taken.slice(0, Math.max(0, taken.length - cost));
  },
  lifeMicros({ windowMs }, state, now) {
    return Math.max(0, (state.at(-1) ?? 0) + windowMs * microsPerMs - now);
  },
};
