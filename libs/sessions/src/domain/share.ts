import type { SessionId, UserId } from '@app/kernel';

/** A link by which a session may be looked at, once redeemed, until it ends. */
export interface Share {
  readonly id: string;
  readonly userId: UserId;
  readonly parentId: SessionId;
  readonly label: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly redeemedAt: Date | null;
  readonly revokedAt: Date | null;
  /** Of the session it has become. */
  readonly sessionId: SessionId | null;
}

/** Shares as they stand in the durable store. All methods join the caller's unit of work. */
export abstract class ShareRepository {
  abstract insert(share: Share, tokenHash: string): Promise<void>;
  /** Newest first; without those that are over for more than a day. */
  abstract list(owner: UserId, since: Date): Promise<Share[]>;
  abstract find(id: string, owner: UserId): Promise<Share | null>;
  /** Whoever owns it. */
  abstract findAny(id: string): Promise<Share | null>;
  /** Those that are good for something at `now`, of one user or of all (null); newest first, from the one after `after`. */
  abstract listLive(
    owner: UserId | null,
    page: { now: Date; size: number; after: string | null },
  ): Promise<Share[]>;
  /** Null for an unknown token. */
  abstract findByToken(tokenHash: string): Promise<Share | null>;
  /** False if somebody was faster, or it is revoked or over. */
  abstract redeem(id: string, at: Date, sessionId: SessionId): Promise<boolean>;
  abstract revoke(id: string, at: Date): Promise<void>;
  /** Removes up to `limit` that were over by themselves before then; returns how many. */
  abstract purge(before: Date, limit: number): Promise<number>;
}
