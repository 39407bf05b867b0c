import type { SessionId, TokenId, UserId } from '@app/kernel';

export interface RevokedToken {
  readonly tokenId: TokenId;
  readonly userId: UserId;
  readonly sessionId: SessionId;
  /** The row is needed until the token would have died anyway. */
  readonly expiresAt: Date;
}

/** The durable blacklist for single tokens revoked while their session lives. */
export abstract class RevokedTokenRepository {
  /** Idempotent. */
  abstract revoke(token: RevokedToken): Promise<void>;
  abstract isRevoked(tokenId: TokenId): Promise<boolean>;
  /** Removes up to `limit` tokens that died before then by themselves, the oldest first; returns how many. */
  abstract purge(before: Date, limit: number): Promise<number>;
}
