import type { Clock } from './clock.js';

/** Closed: calls pass. Open: calls are refused at once, but for one trial per pause. */
export type BreakerState = 'closed' | 'open';

export interface BreakerSettings {
  /** Failures in a row that open it. */
  readonly threshold: number;
  /** Milliseconds between trials while open. */
  readonly trialPauseMs: number;
  readonly onChange?: (state: BreakerState) => void;
}

/**
 * Spares callers the time-out of a store that is known not to answer. It only counts; who calls decides what a
 * failure is, because a store that answers "no" is healthy.
 */
export class CircuitBreaker {
  private failures = 0;
  private nextTrialAt = 0;
  private current: BreakerState = 'closed';

  constructor(
    private readonly clock: Clock,
    private readonly settings: BreakerSettings,
  ) {}

  get state(): BreakerState {
    return this.current;
  }

  /** True if a call may be made now; while open, the caller who gets true makes the trial. */
  admits(): boolean {
    if (this.current === 'closed') return true;
    const now = this.clock.monotonicMs();
    if (now < this.nextTrialAt) return false;
    this.nextTrialAt = now + this.settings.trialPauseMs;
    return true;
  }

  succeeded(): void {
    this.failures = 0;
    this.enter('closed');
  }

  /** True if this failure opened it. */
  failed(): boolean {
    this.failures += 1;
    if (this.failures < this.settings.threshold) return false;
    this.nextTrialAt = this.clock.monotonicMs() + this.settings.trialPauseMs;
    return this.enter('open');
  }

  private enter(state: BreakerState): boolean {
    if (this.current === state) return false;
    this.current = state;
    this.settings.onChange?.(state);
    return true;
  }
}
