import type { SessionId } from '@app/kernel';

/** Uses of one session since they were last written. */
export interface SessionUse {
  readonly sessionId: SessionId;
  readonly count: number;
  /** Came before the idle end then; each later use came before the one that the use before it gave. */
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Idle time of the session's profile. */
  readonly idleSeconds: number;
  /** Distinct, newest first. */
  readonly addresses: readonly string[];
}

/** Addresses remembered per session. */
export const maxAddresses = 10;

/** As many as a statement writes in a fraction of the time that it may take. */
export const maxUsesAtOnce = 2_000;

/** Where uses are written: one statement for up to `maxUsesAtOnce`, never an insert. */
export abstract class ActivityStore {
  /**
   * Adds counts and addresses, and moves the idle end of sessions whose first use came before it, inside the absolute
   * end. What is marked as ended stays ended. Waits for nobody: resolves with the sessions that somebody else was just
   * changing, whose uses are not written. Rejects with StoreUnavailableError, and then nothing is.
   */
  abstract write(uses: readonly SessionUse[]): Promise<SessionId[]>;
  /** Moves the idle end of one live session at once; the end then, or null if it is not live. */
  abstract extend(use: Pick<SessionUse, 'sessionId' | 'lastAt' | 'idleSeconds'>): Promise<Date | null>;
}
