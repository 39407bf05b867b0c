import type { LogPages, PlacedEvent } from '../domain/log-pages.js';
import { encodePlace, type LogPlace, LogPlaceLostError } from '../domain/log-place.js';
import { includes } from '../domain/log-snapshot.js';
import type { TailRun } from './tail-run.js';

/** Events that somebody who is behind is given at once. */
const pageSize = 200;

/**
 * Somebody who follows the log from a place on. It is asked for more when the events before have been dealt with, so it
 * holds nothing of its own: one that is slow costs no memory, only reads of its own once it is far behind.
 */
export class LogFollower {
  private isClosed = false;
  private wake: () => void = () => undefined;
  private readonly forget: () => void;
  /** The round that must have looked before a place ahead of everything is taken for a wrong one. */
  private decisiveRound: number | null = null;

  constructor(
    private place: LogPlace,
    private readonly run: TailRun,
    private readonly read: LogPages['page'],
    private readonly onClose: () => void,
  ) {
    this.forget = run.onChange(() => this.wake());
  }

  /** Where another one would go on. */
  get cursor(): string {
    return encodePlace(this.place);
  }

  /**
   * The next events, in their order; none if there are none within `patienceMs`, or after `close`. Rejects with
   * LogPlaceLostError, or with StoreUnavailableError while it is behind and Postgres is away.
   */
  async next(patienceMs: number): Promise<readonly PlacedEvent[]> {
    const patience = { isOver: false };
    const timer = setTimeout(() => {
      patience.isOver = true;
      this.wake();
    }, patienceMs);
    try {
      while (!this.isClosed && !patience.isOver) {
        if (this.run.isLost) throw new LogPlaceLostError();
        const batch = this.run.after(this.place);
        const events = batch ? batch.events : await this.ask();
        if (batch) this.place = batch.next;
        if (events.length > 0) return events;
      }
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.forget();
    this.wake();
    this.onClose();
  }

  private async ask(): Promise<readonly PlacedEvent[]> {
    const { run, place } = this;
    if (run.isAtTip(place)) return this.wait();
    if (run.isNextToTip(place)) {
      this.place = run.place!;
      return [];
    }
    if (place.upto === null && !includes(run.horizon, place.since)) return this.waitForRound();
    this.decisiveRound = null;
    // All the rest of what is being handed out elsewhere.
    if (place.upto === null && includes(place.since, run.horizon)) return this.wait();
    const limit = place.upto === null ? run.horizon : undefined;
    const { place: tip } = run;
    const page = await this.read(place, { size: pageSize, limit });
    this.place = page.next;
    // Nothing up to the horizon, and nothing between the tip and the horizon either: so it goes on with the others. It
    // would read the same nothing again and again, until something happens.
    const isEmpty = page.events.length === 0 && !page.hasMore;
    if (isEmpty && limit !== undefined && tip?.upto === null) this.place = tip;
    return page.events;
  }

  /** Another instance has read further than this one: the next round gets there, or nobody ever was. */
  private waitForRound(): Promise<readonly PlacedEvent[]> {
    this.decisiveRound ??= this.run.roundsBegun + 1;
    if (this.run.roundsFinished >= this.decisiveRound) throw new LogPlaceLostError();
    this.run.want();
    return this.wait();
  }

  private async wait(): Promise<readonly PlacedEvent[]> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    return [];
  }
}
