import type { DatabaseIdentity, LogPosition } from '@app/event-log';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import type { SessionEnd, SessionProfile, SessionScope } from '../session.js';
import type { RedisIdentity, RedisPlace } from './instance-registry.js';

/** A session as it was read from the durable store, with the log position from before that read. */
export interface CachedSession {
  readonly position: LogPosition;
  readonly database: DatabaseIdentity;
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly gen: number;
  readonly profile: SessionProfile;
  readonly scope: SessionScope;
  /** Digest of browser and system; null where nobody compares it. */
  readonly agent: string | null;
  readonly createdAt: Date;
  readonly authenticatedAt: Date;
  readonly idleExpiresAt: Date;
  readonly expiresAt: Date;
  /** When it was read; only decides when to read again. */
  readonly readAt: Date;
  /** Tokens of this session that were on the blacklist at the read. */
  readonly revokedTokens: readonly TokenId[];
  /** Facts of the user, opaque to this lib: e-mail, names, role. */
  readonly user: readonly (string | null)[];
}

/** What one round trip to the cache tells. */
export interface Lookup {
  readonly entry: CachedSession | null;
  /** Tombstone: the session ended, however old or new the entry is. */
  readonly ended: SessionEnd | null;
  /** Tombstone: sessions of older generations ended. */
  readonly generation: { readonly minimum: number; readonly end: SessionEnd } | null;
  readonly tokenRevoked: boolean;
  readonly place: RedisPlace;
}

/** Marks to leave so that no entry, old or late, can stand for what has ended. */
export interface Burial {
  readonly userId: UserId;
  readonly sessions: readonly { readonly id: SessionId; readonly end: SessionEnd }[];
  readonly generation: { readonly minimum: number; readonly end: SessionEnd } | null;
  readonly tokens: readonly {
    readonly id: TokenId;
    readonly sessionId: SessionId;
    readonly expiresAt: Date;
  }[];
  /** A change of the user that ends nothing, and yet no older entry may show again. */
  readonly userChange?: UserChange;
}

/** The transaction that changed a user's name or role. */
export interface UserChange {
  readonly transaction: LogPosition;
  readonly database: DatabaseIdentity;
}

export interface SessionKey {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly tokenId: TokenId;
}

/**
 * The shared cache of sessions. It may be empty, stale, copied from a backup or gone; nothing in it is believed
 * by itself. All methods reject with StoreUnavailableError within 100 ms when it does not answer.
 */
export abstract class EntryStore {
  /** False if there is none at all, as opposed to one that is away. */
  abstract get isConfigured(): boolean;
  /** False while asking would be a waste. */
  abstract get isUsable(): boolean;
  /** One command. */
  abstract lookup(key: SessionKey): Promise<Lookup>;
  /**
   * The same, and at the same instant whose data it is, without an entry that is older than the user's last change;
   * dearer, so for when Postgres cannot be asked.
   */
  abstract lookupWithHistory(key: SessionKey): Promise<Lookup>;
  /** Stores an entry unless a tombstone, a newer entry or a flush since `epoch` was read forbids it. */
  abstract fill(entry: CachedSession, epoch: string): Promise<void>;
  /** Leaves tombstones, also when memory is full. */
  abstract bury(burial: Burial): Promise<RedisPlace>;
  /** Makes the epoch of a user's partition after a flush; only under a fresh feed. */
  abstract renewEpoch(userId: UserId): Promise<string>;
  /** The identity of the data now, making missing epochs; only under a fresh feed. Null: nothing verifiable. */
  abstract verify(): Promise<RedisIdentity | null>;
  /** Grows with each reconnect and each epoch seen to differ: what was verified before may not hold. */
  abstract get suspicion(): number;
}
