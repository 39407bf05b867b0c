import type { SessionId, UserId } from '@app/kernel';
import type { Device, EndReason, Session, SessionProfile } from './session.js';

/** Which sessions are meant: those that meet all of it. What is left out does not matter. */
export interface SessionFilter {
  readonly userId?: UserId;
  /** An address in its canonical text, or a network in CIDR notation. */
  readonly network?: string;
  /** As shown with the session, in any spelling of case. */
  readonly browser?: string;
  readonly os?: string;
  readonly kind?: Device['kind'];
  readonly profile?: SessionProfile;
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
  /** By the uses that are written, which is up to SESSION_ACTIVITY_FLUSH seconds ago. */
  readonly seenAfter?: Date;
  readonly seenBefore?: Date;
}

/** The same for sessions in any state. */
export interface SessionSearch extends SessionFilter {
  /** `ended`: on purpose. `expired`: by time, whether that has been marked or not. */
  readonly state?: 'live' | 'ended' | 'expired';
  readonly reason?: EndReason;
}

/** A place in a list of sessions. */
export interface SessionPlace {
  readonly at: Date;
  readonly id: SessionId;
}

export interface SessionPage {
  readonly sessions: readonly Session[];
  /** Where to go on; null if there is nothing more. */
  readonly next: SessionPlace | null;
}

/** Live sessions that began until `until`, seen from `now`, behind `after`, without `keep` and its shares. */
export interface LiveWalk {
  readonly now: Date;
  readonly until: Date;
  readonly keep: SessionId | null;
  readonly after: SessionPlace | null;
}

/** A stretch of a walk: how far it went, null when it has come to the end. */
export interface LiveStretch {
  readonly next: SessionPlace | null;
}

/**
 * Sessions of everybody, for administrators. No statement looks at more rows than are read within the time limit of all
 * statements, however large the table is and however few rows match.
 */
export abstract class SessionDirectory {
  /**
   * Newest first. A page ends when it is full or enough rows have been looked at: it may hold fewer sessions than asked
   * for, even none, and yet have a next one.
   */
  abstract list(
    of: SessionSearch,
    page: { now: Date; size: number; after: SessionPlace | null },
  ): Promise<SessionPage>;
  /** Counts in the next stretch of the walk. */
  abstract countLive(of: SessionFilter, walk: LiveWalk): Promise<LiveStretch & { readonly count: number }>;
  /** Up to `size` of the next stretch of the walk. */
  abstract takeLive(
    of: SessionFilter,
    walk: LiveWalk,
    size: number,
  ): Promise<LiveStretch & { readonly sessions: readonly Session[] }>;
}
