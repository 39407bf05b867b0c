import type { UserId } from '@app/kernel';
import type { EventType } from './event.js';
import type { LogPosition } from './log-position.js';

/**
 * A stretch of the log whose transactions are all over: events of transactions in [from, upto) whose ids are in
 * (afterId, lastId]. Stretches follow each other without gap or overlap, ids rise within and from one to the next of the
 * same transactions; so the events of one session, which are numbered under its lock, come in their order.
 */
export interface LogSpan {
  readonly from: LogPosition;
  readonly upto: LogPosition;
  readonly afterId: number;
  readonly lastId: number;
}

/** An event with everything that was written of it. */
export interface StoredEvent {
  readonly id: number;
  readonly type: EventType;
  readonly userId: UserId | null;
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  readonly gen: number | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

export interface ReaderStatus {
  readonly name: string;
  /** When the oldest event was written that it has not read; null if there is none. */
  readonly oldestUnread: Date | null;
}

export interface Following {
  readonly reader: string;
  /** Most events per stretch, which has to be consumed within the time limit of all statements. */
  readonly batch: number;
  /** Where a reader begins that has never read. */
  readonly begin: 'now' | 'with the oldest event';
}

/** Readers of the log with durable positions: what follows a change, however long after. */
export abstract class LogReaders {
  /**
   * Hands the next stretch to `consume`, in one unit of work with moving on: what it writes is there exactly if the
   * reader has moved. One process at a time; the others get nothing. Resolves with true if there is more at once.
   * Rejects with StoreUnavailableError or the failure of `consume`, and has not moved then.
   *
   * After a failover that lost transactions a position may lie beyond the end. The reader goes back with the numbers:
   * what it has consumed of lost transactions stays consumed.
   */
  abstract advance(following: Following, consume: (span: LogSpan) => Promise<void>): Promise<boolean>;
  /** In the order of their ids. Within `consume`, or the stretch may be gone. */
  abstract read(span: LogSpan, types?: readonly EventType[]): Promise<StoredEvent[]>;
  /**
   * `reader` goes on from where `from` stands, which is no more. False, and nothing has changed, if that has never read,
   * or another process is at it. Inside a unit of work.
   */
  abstract takeOver(of: { readonly reader: string; readonly from: string }): Promise<boolean>;
  /** Of all, by name. */
  abstract status(): Promise<ReaderStatus[]>;
  /** Null: it has never read. */
  abstract statusOf(reader: string): Promise<ReaderStatus | null>;
}

/** Seconds since the oldest event was written that has not been read; 0 if there is none. */
export function lagSeconds({ oldestUnread }: Pick<ReaderStatus, 'oldestUnread'>, now: Date): number {
  return oldestUnread === null ? 0 : Math.max(0, (now.getTime() - oldestUnread.getTime()) / 1_000);
}
