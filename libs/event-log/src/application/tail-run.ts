import { Rounds } from '@app/kernel';
import type { LogLink, LogPage, PlacedEvent } from '../domain/log-pages.js';
import { keyOf, type LogPlace, LogPlaceLostError } from '../domain/log-place.js';
import { includes, type Snapshot } from '../domain/log-snapshot.js';

/** Milliseconds between polls when nobody hints; most events come without a hint. */
const interval = 300;

/** Events of one poll. */
const pageSize = 500;

/** Events kept for those who follow, some 3 MB at most; who is further behind asks Postgres. */
const maxKept = 2_000;

/** Events between two places. */
export interface Batch {
  readonly events: readonly PlacedEvent[];
  readonly next: LogPlace;
}

/** One stretch of time in which the log is followed, because somebody listens: polls and keeps what was last read. */
export class TailRun {
  /** Where the next poll goes on; null before the first. */
  private tip: LogPlace | null = null;
  /** With a tip between two stretches nothing is between it and this. */
  private seen: Snapshot = '';
  private kept = new Map<string, Batch>();
  private keptEvents = 0;
  private readonly waking = new Set<() => void>();
  private readonly rounds = new Rounds(() => this.round(), interval);
  private begun = 0;
  private finished = 0;
  private isWanted = false;
  private lost = false;

  constructor(private readonly link: LogLink) {}

  start(): void {
    this.link.onHint(() => this.rounds.hint());
    this.rounds.start(0);
  }

  async end(): Promise<void> {
    await this.rounds.stop();
    await this.link.close();
  }

  /** The history has changed; what is followed here leads nowhere. */
  get isLost(): boolean {
    return this.lost;
  }

  get place(): LogPlace | null {
    return this.tip;
  }

  /** Everything in it has been polled, or is being handed out. */
  get horizon(): Snapshot {
    return this.seen;
  }

  /** Number of the last round that was begun, and of the last one that found out how far the log reaches. */
  get roundsBegun(): number {
    return this.begun;
  }

  get roundsFinished(): number {
    return this.finished;
  }

  /** What follows the place, if it is still known here. */
  after(place: LogPlace): Batch | null {
    return this.kept.get(keyOf(place)) ?? null;
  }

  isAtTip(place: LogPlace): boolean {
    return this.tip !== null && keyOf(this.tip) === keyOf(place);
  }

  /** True if nothing is between the tip and the place, though another snapshot may describe it. */
  isNextToTip({ since, upto }: LogPlace): boolean {
    if (!this.tip || this.tip.upto !== null || upto !== null) return false;
    return includes(since, this.tip.since) && includes(this.seen, since);
  }

  /** Called after each change, and after each round while somebody wants one. */
  onChange(listener: () => void): () => void {
    this.waking.add(listener);
    return () => void this.waking.delete(listener);
  }

  /** A round soon, and word of it even if nothing is new. */
  want(): void {
    this.isWanted = true;
    this.rounds.hint();
  }

  /** Never rejects: without an answer those who follow simply hear nothing. */
  private async round(): Promise<boolean> {
    this.begun += 1;
    const number = this.begun;
    try {
      const hasMore = await this.poll();
      if (!hasMore) this.finished = number;
      return hasMore;
    } catch (error) {
      this.lost = error instanceof LogPlaceLostError;
      if (this.lost) this.wake();
      return false;
    }
  }

  private async poll(): Promise<boolean> {
    if (this.lost) return false;
    if (!this.tip) {
      this.tip = await this.link.end();
      this.seen = this.tip.since;
      this.wake();
      return false;
    }
    const page = await this.link.page(this.tip, { size: pageSize });
    const isNew = keyOf(page.next) !== keyOf(this.tip);
    if (isNew) this.keep(this.tip, page);
    this.seen = page.seen;
    if (isNew || this.isWanted) this.wake();
    return page.hasMore;
  }

  private keep(from: LogPlace, { events, next }: LogPage): void {
    this.kept.set(keyOf(from), { events, next });
    this.keptEvents += events.length;
    for (const [key, batch] of this.kept) {
      if (this.keptEvents <= maxKept) break;
      this.kept.delete(key);
      this.keptEvents -= batch.events.length;
    }
    this.tip = next;
  }

  private wake(): void {
    this.isWanted = false;
    for (const listener of this.waking) listener();
  }
}
