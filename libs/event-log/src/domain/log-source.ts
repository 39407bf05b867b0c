import type { EventType } from './event.js';
import type { DatabaseIdentity, LogPosition } from './log-position.js';

/** An event as read back, with the transaction that wrote it. */
export interface LoggedEvent {
  readonly xid: LogPosition;
  readonly type: EventType;
  readonly userId: string;
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  readonly gen: number | null;
  readonly reason: string | null;
  readonly at: Date;
}

export interface LogPoll {
  /** Everything visible in this snapshot is in `events` or was in earlier polls. */
  readonly snapshot: string;
  /** Where the next poll continues. */
  readonly position: LogPosition;
  readonly database: DatabaseIdentity;
  readonly events: readonly LoggedEvent[];
}

/**
 * Reads the log gap-free: rows of transactions at or above a position, under one snapshot. A sequence number
 * would skip rows whose transaction commits late. Rows may be returned again by later polls; applying them
 * twice must be harmless.
 */
export abstract class LogSource {
  /** The position that covers everything since `since`; where a new reader starts. */
  abstract start(since: Date): Promise<LogPosition>;
  /** Coherence events only. Rejects with StoreUnavailableError if the primary does not answer in time. */
  abstract poll(from: LogPosition): Promise<LogPoll>;
  /** Called when something new is probably there. Missing calls cost latency, nothing else. */
  abstract onHint(listener: () => void): void;
  abstract close(): Promise<void>;
}
