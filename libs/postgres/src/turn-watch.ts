const periodMs = 25;

/** Notices long turns of the event loop for as long as it runs. */
export class TurnWatch {
  private longest = 0;
  private seenAt = performance.now();
  private readonly timer = setInterval(() => this.look(), periodMs).unref();

  /** Milliseconds by which the latest look came too late. */
  get longestMs(): number {
    this.look();
    return this.longest;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.seenAt - periodMs);
    this.seenAt = now;
  }
}
