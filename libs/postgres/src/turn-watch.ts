import type { Clock } from '@app/kernel';

const periodMs = 25;

/** Notices long turns of the event loop for as long as it runs. */
export class TurnWatch {
  private longest = 0;
  private seenAt: number;
  private readonly timer = setInterval(() => this.look(), periodMs).unref();

  constructor(private readonly clock: Clock) {
    this.seenAt = clock.monotonicMs();
  }

  /** Milliseconds by which a look came too late at most. */
  get longestMs(): number {
    this.look();
    return this.longest;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = this.clock.monotonicMs();
    this.longest = Math.max(this.longest, now - this.seenAt - periodMs);
    this.seenAt = now;
  }
}
