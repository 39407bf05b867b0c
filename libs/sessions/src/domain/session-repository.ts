import type { SessionId, UserId } from '@app/kernel';
import type { EndReason, Session, SessionEnd } from './session.js';

export interface EndedSession {
  readonly id: SessionId;
  readonly end: SessionEnd;
  /** When it began; told by who has marked it. */
  readonly beganAt?: Date;
}

export interface Ending {
  readonly reason: EndReason;
  readonly at: Date;
  /** The user who ended it; the owner or an administrator. */
  readonly by: UserId | null;
}

export interface HistoryPage {
  readonly now: Date;
  readonly size: number;
  readonly after: { readonly createdAt: Date; readonly id: SessionId } | null;
}

/** Which of the live sessions give way when there are too many. */
export type EvictionOrder = 'oldest' | 'idle';

/** How many other live sessions there may be beside a new one. */
export interface Room {
  readonly keep: number;
  readonly order: EvictionOrder;
}

/**
 * Sessions as they stand in the durable store. "Live" means not ended and not timed out at `now`; no caller
 * checks that again. All methods join the caller's unit of work. Ending is set-based and keeps the first reason: a
 * session that timed out before is marked with the timeout, so that no late note of its use can bring it back.
 */
export abstract class SessionRepository {
  abstract insert(session: Session): Promise<void>;
  /**
   * Inserts it, and ends live sessions of its owner in the given order until at most `keep` of the others remain, with
   * their shares, which do not count. Only under the owner's row lock.
   */
  abstract insertMakingRoom(session: Session, ending: Ending, room: Room): Promise<EndedSession[]>;
  /** Also ended ones, whoever owns it. */
  abstract find(id: SessionId): Promise<Session | null>;
  /** Also ended ones; null if the id is unknown or belongs to somebody else. */
  abstract findOwned(id: SessionId, owner: UserId): Promise<Session | null>;
  /** Newest first. */
  abstract listLive(owner: UserId, now: Date): Promise<Session[]>;
  /** Without shares, which do not count against the limit. */
  abstract countLive(owner: UserId, now: Date): Promise<number>;
  /** Takes the row lock under which refresh tokens are spent. Null for an unknown id. */
  abstract lock(id: SessionId): Promise<Session | null>;
  /** Spends the refresh token of the generation before; only under the row lock. */
  abstract rotate(id: SessionId, to: { generation: number; at: Date; idleExpiresAt: Date }): Promise<void>;
  /** The session and its shares, as far as this call marked them, by `ending` or by their timeout. */
  abstract end(id: SessionId, owner: UserId, ending: Ending): Promise<EndedSession[]>;
  /** Those of many users, with their shares, as far as this call marked them. */
  abstract endMany(
    ids: readonly SessionId[],
    ending: Ending,
  ): Promise<(EndedSession & { readonly userId: UserId })[]>;
  /** The same for those that were opened on one device. */
  abstract endOnDevice(deviceKey: string, owner: UserId, ending: Ending): Promise<EndedSession[]>;
  /** Marks every session of the owner that is not marked yet, except `keep` and its shares. */
  abstract endAll(owner: UserId, ending: Ending, keep: SessionId | null): Promise<EndedSession[]>;
  /** Those that were ended since then, by whomever and whyever. */
  abstract listEndedSince(owner: UserId, since: Date): Promise<EndedSession[]>;
  /** Removes up to `limit` sessions whose absolute end was before then, the oldest first; returns how many. */
  abstract purge(before: Date, limit: number): Promise<number>;
  /** Sessions that are over, newest sign-in first, from the one after `after`. */
  abstract listOver(owner: UserId, page: HistoryPage): Promise<Session[]>;
}
