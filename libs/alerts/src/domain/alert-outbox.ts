import type { Alert } from './alert.js';

/** Why a mail is over. */
export type Outcome = 'sent' | 'refused' | 'given_up';

/** Mails that must go out, durable, one per event and address. Whoever delivers takes one at a time. */
export abstract class AlertOutbox {
  /**
   * Puts in what the event log has had since the last call; nothing before the first. Nothing is skipped and nothing
   * put in twice, whoever else is at it and whatever breaks off. True if there is more.
   */
  abstract collect(now: Date): Promise<boolean>;
  /** The next mail that is due, which nobody else gets before `until`. */
  abstract take(now: Date, until: Date): Promise<Alert | null>;
  /** Tries again at `at`. */
  abstract postpone(id: number, at: Date, reason: string): Promise<void>;
  abstract close(id: number, outcome: Outcome, at: Date): Promise<void>;
  /** Forgets mails that were over before; returns how many of at most `limit`. */
  abstract purge(before: Date, limit: number): Promise<number>;
}
