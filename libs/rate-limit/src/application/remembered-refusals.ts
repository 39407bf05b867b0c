import type { Clock } from '@app/kernel';
import type { Claim, Verdict } from '../domain/rule.js';

/** Then the store is asked once more, so that a reset is noticed. */
const maxMs = 60_000;
const maxSubjects = 20_000;

interface Refusal {
  readonly verdict: Verdict;
  readonly cost: number;
  /** Monotonic milliseconds: when the verdict was given, when it ends, and until when it is believed. */
  readonly since: number;
  readonly until: number;
}

/** Refusals of the shared store until they end, so that a flood asks it nothing. */
export class RememberedRefusals {
  private readonly refusals = new Map<string, Refusal>();

  constructor(private readonly clock: Clock) {}

  get isEmpty(): boolean {
    return this.refusals.size === 0;
  }

  /** What the store would say, or null if it has to be asked. */
  find(claim: Claim): Verdict | null {
    const refusal = this.refusals.get(nameOf(claim));
    if (!refusal) return null;
    const now = this.clock.monotonicMs();
    if (now >= refusal.until) {
      this.refusals.delete(nameOf(claim));
      return null;
    }
    if (claim.cost < refusal.cost) return null;
    const passed = now - refusal.since;
    const { retryAfterMs, resetMs } = refusal.verdict;
    return { ...refusal.verdict, retryAfterMs: retryAfterMs - passed, resetMs: resetMs - passed };
  }

  keep(claim: Claim, verdict: Verdict): void {
    if (this.refusals.size >= maxSubjects) this.refusals.delete(this.refusals.keys().next().value!);
    const since = this.clock.monotonicMs();
    this.refusals.set(nameOf(claim), {
      verdict,
      cost: claim.cost,
      since,
      until: since + Math.min(verdict.retryAfterMs, maxMs),
    });
  }

  forget(of: Pick<Claim, 'policy' | 'subject'>): void {
    this.refusals.delete(nameOf(of));
  }
}

function nameOf({ policy, subject }: Pick<Claim, 'policy' | 'subject'>): string {
  return `${policy}:${subject}`;
}
