import type { SessionId, UserId } from '@app/kernel';
import type { EndReason } from '@app/sessions';

/** How a session stands in the durable store. */
export interface StoredStanding {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly gen: number;
  /** Of the user now. */
  readonly userGen: number;
  /** Nothing has ended it, not even time. */
  readonly isLive: boolean;
  /** Null: it lives, or only time has ended it. */
  readonly end: { readonly at: Date; readonly reason: EndReason } | null;
}

export interface EndedPage {
  readonly sessions: readonly (StoredStanding & { readonly end: NonNullable<StoredStanding['end']> })[];
  /** Where to go on; null at the end. */
  readonly next: string | null;
}

export interface Standby {
  readonly name: string;
  readonly isSynchronous: boolean;
  /** Null where the role may not see it. */
  readonly lagSeconds: number | null;
}

/** What the doctor asks the durable store. Every look is short, and rejects with StoreUnavailableError. */
export abstract class InstallationExam {
  abstract standingsOf(ids: readonly SessionId[]): Promise<Map<SessionId, StoredStanding>>;
  /** Of the users that there are. */
  abstract generationsOf(ids: readonly UserId[]): Promise<Map<UserId, number>>;
  /** Sessions that somebody ended since then, oldest first, from `after`. */
  abstract endedSince(since: Date, after: string | null): Promise<EndedPage>;
  /** Its clock. */
  abstract now(): Promise<Date>;
  abstract standbys(): Promise<Standby[]>;
  abstract invalidIndexes(): Promise<string[]>;
  abstract tablesOfDeadRows(): Promise<string[]>;
  /** Of the transaction ids before the wraparound, the share that is used. */
  abstract usedTransactionShare(): Promise<number>;
  abstract usedConnectionShare(): Promise<number>;
  /** Bulk ends and their proofs that are older. */
  abstract stuckBulkEnds(before: Date): Promise<string[]>;
  /** Mail that should have gone out before then; counted up to 1,000. */
  abstract mailDue(before: Date): Promise<number>;
  /** Sessions that were over for good before then; counted up to 10,000. */
  abstract forgettable(before: Date): Promise<number>;
  /** Of the last 2,000 sessions since then: how many people, and the share of the address with most. */
  abstract crowd(since: Date): Promise<{ readonly people: number; readonly share: number }>;
}
