import type { SessionId, TokenId, UserId } from '@app/kernel';
import type { SessionEnd } from '../session.js';

/** A single token that was revoked while its session lives. */
export interface RevokedTokenFacts {
  readonly id: TokenId;
  readonly userId: UserId;
  readonly sessionId: SessionId;
}

/** Every revocation that an instance remembers. */
export interface RememberedRevocations {
  readonly sessions: readonly { readonly id: SessionId; readonly end: SessionEnd }[];
  readonly generations: readonly { readonly userId: UserId; readonly gen: number }[];
  readonly tokens: readonly RevokedTokenFacts[];
}

/**
 * Writes revocations back that a failover to a lagging replica has lost. Revocations are monotone, so asserting
 * one again is always safe.
 */
export abstract class RevocationRepair {
  abstract reassert(remembered: RememberedRevocations): Promise<void>;
}
