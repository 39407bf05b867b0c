import type { Clock } from '@app/kernel';

const periodMs = 25;

/** Notices for as long as it runs how late timers are, which tells of long turns of the event loop. */
export class TurnWatch {
  private late = 0;
  private seenAt: number;
  private readonly timer = setInterval(() => this.look(), periodMs).unref();

  constructor(private readonly clock: Clock) {
    this.seenAt = clock.monotonicMs();
  }

  /** Milliseconds by which the latest of its looks came too late. */
  get latestMs(): number {
    this.look();
    return this.late;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = this.clock.monotonicMs();
    this.late = Math.max(this.late, now - this.seenAt - periodMs);
    this.seenAt = now;
  }
}
