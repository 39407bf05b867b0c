/**
 * Work in rounds, one after another: `intervalMs` after the end of the one before, and at once when somebody hints that
 * there is something to do or the round says that there is more. `round` deals with its failures itself; it must not
 * reject.
 */
export class Rounds {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private hinted = false;
  private stopped = true;

  constructor(
    private readonly round: () => Promise<boolean | void>,
    private readonly intervalMs: number,
  ) {}

  start(firstDelayMs: number = this.intervalMs): void {
    this.stopped = false;
    this.schedule(firstDelayMs);
  }

  /** Before the start, and after the end, it changes nothing. */
  hint(): void {
    this.hinted = true;
    if (this.running || !this.timer) return;
    clearTimeout(this.timer);
    this.schedule(0);
  }

  /** No further round; resolves when the one under way has ended, which is why a round must not wait for it. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.runOnce();
    }, delayMs);
  }

  private async runOnce(): Promise<void> {
    this.hinted = false;
    const hasMore = await this.round();
    this.running = null;
    this.schedule(hasMore || this.hinted ? 0 : this.intervalMs);
  }
}
