import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller, Signed } from './caller.js';

export interface Stalking {
  /** To be called as soon as the revocation was answered; true if it was answered 200. */
  acknowledge(isProven: boolean): void;
  readonly over: Promise<unknown>;
}

/** Milliseconds. */
const lead = 12;
const pause = { before: 30, justAfter: 5, later: 800, unanswered: 60 };
const window = { dense: 56, proven: 2_000, unproven: 400 };

/**
 * For each revocation one caller per instance, who uses the session without rest from before the call until well
 * after its answer: without uses in the first milliseconds a run without violations would prove nothing.
 */
export class Stalkers {
  private count = 0;
  private close = 0;

  constructor(
    private readonly caller: Caller,
    private readonly instances: number,
  ) {}

  /** Answered uses begun within 50 ms after a revocation was answered 200; the judgement counts again. */
  get within50ms(): number {
    return this.close;
  }

  /** Resolves when the stalkers have been at work for a moment. */
  async follow(victim: Signed): Promise<Stalking> {
    const state = { answeredAt: null as number | null, isProven: false, until: Number.POSITIVE_INFINITY };
    const now = (): number => performance.now();
    const number = (this.count += 1);
    const stalk = async (instance: number): Promise<void> => {
      while (now() < state.until) {
        const { answeredAt, isProven } = state;
        const isClose = isProven && answeredAt !== null && now() - answeredAt < 50;
        const { status } = await this.caller.validate(instance, `stalker-${number}-${instance}`, victim);
        if (isClose && status !== null) this.close += 1;
        const since = state.answeredAt === null ? null : now() - state.answeredAt;
        await sleep(status === null ? pause.unanswered : pauseAfter(since));
      }
    };
    const over = Promise.all(Array.from({ length: this.instances }, (_, instance) => stalk(instance)));
    await sleep(lead);
    return {
      over,
      acknowledge: (isProven) => {
        state.answeredAt = now();
        state.isProven = isProven;
        state.until = state.answeredAt + (isProven ? window.proven : window.unproven);
      },
    };
  }
}

/** By the milliseconds since the revocation was answered; null before. */
function pauseAfter(since: number | null): number {
  if (since === null) return pause.before;
  return since < window.dense ? pause.justAfter : pause.later;
}
