import type { SessionId, UserId } from '@app/kernel';
import type { EndReason, Session, SessionEnd } from './session.js';

export interface EndedSession {
  readonly id: SessionId;
  readonly end: SessionEnd;
}

export interface Ending {
  readonly reason: EndReason;
  readonly at: Date;
  /** The user who ended it; the owner or an administrator. */
  readonly by: UserId | null;
}

/** Which of the live sessions give way when there are too many. */
export type EvictionOrder = 'oldest' | 'idle';

/**
 * Sessions as they stand in the durable store. "Live" means not ended and not timed out at `now`; no caller
 * checks that again. All methods join the caller's unit of work. Ending is set-based and keeps the first reason: a
 * session that timed out before is marked with the timeout, so that no late note of its use can bring it back.
 */
export abstract class SessionRepository {
  abstract insert(session: Session): Promise<void>;
  /** Also ended ones; null if the id is unknown or belongs to somebody else. */
  abstract findOwned(id: SessionId, owner: UserId): Promise<Session | null>;
  /** Newest first. */
  abstract listLive(owner: UserId, now: Date): Promise<Session[]>;
  abstract countLive(owner: UserId, now: Date): Promise<number>;
  /** Takes the row lock under which refresh tokens are spent. Null for an unknown id. */
  abstract lock(id: SessionId): Promise<Session | null>;
  /** Spends the refresh token of the generation before; only under the row lock. */
  abstract rotate(id: SessionId, to: { generation: number; at: Date; idleExpiresAt: Date }): Promise<void>;
  /** How it ended if this call marked it, by `ending` or by its timeout; null if there was nothing to end. */
  abstract end(id: SessionId, owner: UserId, ending: Ending): Promise<SessionEnd | null>;
  /** Marks every session of the owner that is not marked yet, except `keep`. */
  abstract endAll(owner: UserId, ending: Ending, keep: SessionId | null): Promise<EndedSession[]>;
  /** Those that were ended since then, by whomever and whyever. */
  abstract listEndedSince(owner: UserId, since: Date): Promise<EndedSession[]>;
  /** Ends live sessions in the given order until at most `keep` remain; returns the ids that this call ended. */
  abstract endSurplus(
    owner: UserId,
    ending: Ending,
    surplus: { keep: number; order: EvictionOrder },
  ): Promise<SessionId[]>;
}
