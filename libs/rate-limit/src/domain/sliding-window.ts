import { type Algorithm, type Micros, microsPerMs } from './algorithm.js';
import type { SlidingWindowRule } from './rule.js';

/** The windows of a subject begin with its first request, so those of different subjects do not end together. */
export interface SlidingWindow {
  readonly start: Micros;
  readonly previous: number;
  readonly current: number;
}

function rolled(rule: SlidingWindowRule, state: SlidingWindow | null, now: Micros): SlidingWindow {
  const window = rule.windowMs * microsPerMs;
  if (!state || now >= state.start + 2 * window) return { start: now, previous: 0, current: 0 };
  if (now >= state.start + window) {
    return { start: state.start + window, previous: state.current, current: 0 };
  }
  return state.start > now ? { ...state, start: now } : state;
}

/** When `counted`, fading linearly over a window that began at `start`, has shrunk to `room`. */
function shrunk(start: Micros, window: Micros, counted: number, room: number): Micros {
  return start + window * (1 - room / counted);
}

export const slidingWindow: Algorithm<SlidingWindowRule, SlidingWindow> = {
  weigh(rule, state, now, cost) {
    const window = rule.windowMs * microsPerMs;
    const { start, previous, current } = rolled(rule, state, now);
    const estimate = previous * ((window - (now - start)) / window) + current;
    const fits = estimate + cost <= rule.limit;
    const room = rule.limit - cost;
    const due =
      current <= room
        ? shrunk(start, window, previous, room - current)
        : shrunk(start + window, window, current, room);
    return {
      fits,
      after: { start, previous, current: current + (fits ? cost : 0) },
      remaining: Math.max(0, Math.floor(rule.limit - estimate - (fits ? cost : 0))),
      waitMicros: fits ? 0 : Math.ceil(due - now) + 1,
      resetMicros: start + window - now,
    };
  },
  add(rule, state, now, cost) {
    const { start, previous, current } = rolled(rule, state, now);
    return { start, previous, current: Math.min(rule.limit, current + cost) };
  },
  remove(rule, state, now, cost) {
    const { start, previous, current } = rolled(rule, state, now);
    return { start, previous, current: Math.max(0, current - cost) };
  },
  lifeMicros({ windowMs }, state, now) {
    return Math.max(0, state.start + 2 * windowMs * microsPerMs - now);
  },
};
