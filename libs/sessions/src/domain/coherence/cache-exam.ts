import type { SessionId, UserId } from '@app/kernel';
import type { SessionEnd } from '../session.js';
import type { CachedSession } from './entry-store.js';

/** A key of the shared cache as it lies there. */
export interface CacheRecord {
  readonly name: string;
  readonly kind: 'session' | 'ended' | 'ended_user' | 'changed_user' | 'blacklist';
  /** By the name. */
  readonly partition: number;
  /** Behind the partition: the id of a session, user or token. */
  readonly subject: string;
  /** Null: for ever. */
  readonly lifeMs: number | null;
  /** Null: not a text at all. */
  readonly text: string | null;
}

/** A session that ended, as a mark has to tell of it. */
export interface EndedMark {
  readonly id: SessionId;
  readonly userId: UserId;
  /** Generation of the user when the session began. */
  readonly gen: number;
}

/**
 * Looks at everything in the shared cache, for operators, and takes away what should not be there. It never writes an
 * entry, and of marks only how long they last: both are safe at any moment and beside any number of instances. All
 * methods reject with StoreUnavailableError.
 */
export abstract class CacheExam {
  /** Longest life of an entry and of a mark, in milliseconds. */
  abstract readonly lives: { readonly entry: number; readonly mark: number };
  /** All keys, a few hundred at a time; one that is there all the while is among them at least once. */
  abstract walk(): AsyncIterable<readonly CacheRecord[]>;
  /** The same keys once more; those that are gone are left out. */
  abstract look(names: readonly string[]): Promise<CacheRecord[]>;
  /** Null if nobody with the server's key has written it under this name, or another version. */
  abstract open(record: CacheRecord, userId: UserId): CachedSession | null;
  /** False for a mark that no instance believes. */
  abstract isGenuineMark(record: CacheRecord): boolean;
  /** What a genuine mark of a session, or of a user's older sessions, tells; null for any other. */
  abstract markIn(record: CacheRecord): { readonly end: SessionEnd; readonly minimum: number | null } | null;
  /** Of these sessions, those that neither a mark of their own nor one of their user tells to be over. */
  abstract unmarked(sessions: readonly EndedMark[]): Promise<EndedMark[]>;
  abstract remove(names: readonly string[]): Promise<void>;
  /** Lets marks end by themselves, after no entry can be older than they are. */
  abstract limitLife(names: readonly string[]): Promise<void>;
}
