import type { Orm } from '../orm.js';
import type { FeedLink } from './feed-link.js';

export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** One way to reach a PostgreSQL. Both pass the contract suite in `libs/postgres/test`. */
export abstract class PostgresDriver {
  /** Statements outside a transaction. */
  abstract readonly orm: Orm;
  /** The same, on connections that only session checks use, so that slow writes cannot starve them. */
  abstract readonly checks: Orm;
  /**
   * Commits what `work` did through its handle, or rolls back and rethrows. A connection on which anything
   * timed out is destroyed, never reused: its answer may still arrive.
   */
  abstract transaction<T>(work: (orm: Orm) => Promise<T>): Promise<T>;
  /** A connection of its own that listens on `channel`; the caller closes it. */
  abstract openFeedLink(channel: string): FeedLink;
  abstract poolState(): PoolState;
  /** Applies pending migrations under a lock; several processes may call it at once. */
  abstract migrate(): Promise<void>;
  abstract close(): Promise<void>;
}
