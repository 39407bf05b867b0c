import type { SessionId, UserId } from '@app/kernel';
import type { EndReason, Session, SessionEnd } from './session.js';

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
 * checks that again. All methods join the caller's unit of work; ending is set-based and touches live rows only,
 * so the first reason stays.
 */
export abstract class SessionRepository {
  abstract insert(session: Session): Promise<void>;
  /** Also ended ones, whoever owns it. */
  abstract find(id: SessionId): Promise<Session | null>;
  /** Also ended ones; null if the id is unknown or belongs to somebody else. */
  abstract findOwned(id: SessionId, owner: UserId): Promise<Session | null>;
  /** Newest first. */
  abstract listLive(owner: UserId, now: Date): Promise<Session[]>;
  abstract countLive(owner: UserId, now: Date): Promise<number>;
  /** True if this call ended it. */
  abstract end(id: SessionId, owner: UserId, ending: Ending): Promise<boolean>;
  /** Ends every live session of the owner except `keep`; returns the ids that this call ended. */
  abstract endAll(owner: UserId, ending: Ending, keep: SessionId | null): Promise<SessionId[]>;
  /** Those that were ended since then, by whomever and whyever. */
  abstract listEndedSince(owner: UserId, since: Date): Promise<{ id: SessionId; end: SessionEnd }[]>;
  /** Removes up to `limit` sessions whose absolute end was before then, the oldest first; returns how many. */
  abstract purge(before: Date, limit: number): Promise<number>;
  /** Ends live sessions in the given order until at most `keep` remain; returns the ids that this call ended. */
  abstract endSurplus(
    owner: UserId,
    ending: Ending,
    surplus: { keep: number; order: EvictionOrder },
  ): Promise<SessionId[]>;
}
