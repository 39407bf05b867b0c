import type { TokenId, UserId } from '@app/kernel';

export interface RevokedToken {
  readonly tokenId: TokenId;
  readonly userId: UserId;
  /** The row is needed until the token would have died anyway. */
  readonly expiresAt: Date;
}

/** The durable blacklist for single tokens revoked while their session lives. */
export abstract class RevokedTokenRepository {
  /** Idempotent. */
  abstract revoke(token: RevokedToken): Promise<void>;
  abstract isRevoked(tokenId: TokenId): Promise<boolean>;
}
