import type { SessionId, UserId } from '@app/kernel';
import type { SessionEnd } from './session.js';

/** A session that time has ended. */
export interface ExpiredSession {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly beganAt: Date;
  readonly end: SessionEnd;
}

/** A part of all sessions, in the order of their users. */
export interface ExpiryStretch {
  /** Null: from the first user on. */
  readonly after: UserId | null;
  /** Sessions that timed out before then. */
  readonly before: Date;
}

export abstract class ExpiredSessions {
  /**
   * Marks those that timed out before then and are not marked, up to `limit` of the stretch, and tells where to go on: at
   * null, nothing is left. Who holds a session at the moment keeps it until the next time. Inside a unit of work.
   */
  abstract mark(
    stretch: ExpiryStretch,
    limit: number,
  ): Promise<{ readonly marked: ExpiredSession[]; readonly next: UserId | null }>;
}
