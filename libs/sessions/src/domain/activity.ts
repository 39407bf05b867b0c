import type { SessionId } from '@app/kernel';

/** Uses of one session since they were last written. */
export interface SessionUse {
  readonly sessionId: SessionId;
  readonly count: number;
  readonly lastAt: Date;
  /** Idle time of the session's profile. */
  readonly idleSeconds: number;
  /** Distinct, newest first. */
  readonly addresses: readonly string[];
}

/** Addresses remembered per session. */
export const maxAddresses = 10;

/** Where uses are written: one statement for all of them, never an insert. */
export abstract class ActivityStore {
  /**
   * Adds counts and addresses, and moves the idle end of sessions whose use came before it, inside the absolute end.
   * What is marked as ended stays ended. All or nothing; rejects with StoreUnavailableError.
   */
  abstract write(uses: readonly SessionUse[]): Promise<void>;
  /** Moves the idle end of one live session at once; the end then, or null if it is not live. */
  abstract extend(use: Omit<SessionUse, 'count' | 'addresses'>): Promise<Date | null>;
}
