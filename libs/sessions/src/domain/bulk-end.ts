import type { Act } from '@app/event-log';
import type { SessionId, UserId } from '@app/kernel';
import type { SessionFilter, SessionPlace } from './session-directory.js';
import type { EndedSession } from './session-repository.js';

/** An order to end every live session that a filter matches, carried out some at a time. */
export interface BulkEnd {
  readonly id: string;
  readonly filter: SessionFilter;
  readonly act: Act;
  /** The session that gave the order, which stays. */
  readonly keep: SessionId | null;
  /** `done`: every session that matches has been looked at. */
  readonly state: 'running' | 'done';
  /** How many matched when the order was taken. */
  readonly matched: number;
  /** How many of them it has ended; the others ended by themselves or were used meanwhile. */
  readonly ended: number;
  /** Attempts that failed, such as for want of a store; each is made again. */
  readonly failed: number;
  /** Sessions that began later stay. */
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** Behind the last session that was looked at. */
  readonly place: SessionPlace | null;
}

/** An ended session and whose it was. */
export interface EndedOfUser extends EndedSession {
  readonly userId: UserId;
}

/** Sessions that were ended together and are not proven to be over on every instance. */
export interface UnprovenBatch {
  readonly id: string;
  readonly bulkEndId: string;
  readonly sessions: readonly EndedOfUser[];
}

/** How far a bulk end has come with one batch. */
export interface BulkProgress {
  readonly ended: number;
  readonly place: SessionPlace | null;
  /** Null: not yet. */
  readonly finishedAt: Date | null;
}

/** Bulk ends as they stand in the durable store. All methods join the caller's unit of work. */
export abstract class BulkEndRepository {
  abstract insert(order: BulkEnd): Promise<void>;
  /** With the number of batches that are not proven yet. */
  abstract find(id: string): Promise<{ order: BulkEnd; unproven: number } | null>;
  /** The oldest that is not done. */
  abstract findRunning(): Promise<BulkEnd | null>;
  abstract advance(id: string, progress: BulkProgress): Promise<void>;
  abstract noteFailure(id: string): Promise<void>;
  abstract addUnproven(batch: UnprovenBatch, at: Date): Promise<void>;
  /** The oldest from before then. */
  abstract findUnproven(before: Date): Promise<UnprovenBatch | null>;
  abstract removeUnproven(batchId: string): Promise<void>;
  /** Removes up to `limit` orders that were done and proven before then; returns how many. */
  abstract purge(before: Date, limit: number): Promise<number>;
}
