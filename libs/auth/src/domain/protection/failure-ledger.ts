import type { UserId } from '@app/kernel';
import type { FailureRecord } from './failures.js';

export interface LedgerEntry {
  /** Digest of what the failures are counted for. */
  readonly subject: string;
  /** Digest of the account name, by which all its entries are found. */
  readonly account: string;
  /** Whose name it is; null for nobody's. Only so that administrators find who is waited for. */
  readonly userId: UserId | null;
  readonly record: FailureRecord;
}

/** Failed sign-ins, kept durably: they must survive what an attacker may be able to provoke, such as a flush. */
export abstract class FailureLedger {
  /** Those that exist, also forgotten ones. */
  abstract read(subjects: readonly string[]): Promise<Map<string, FailureRecord>>;
  /**
   * Stores all entries, each one failure further than what is stored, or begun anew after it was forgotten. False,
   * and nothing is changed, if another attempt came in between.
   */
  abstract count(entries: readonly LedgerEntry[], now: Date): Promise<boolean>;
  /** Puts back what stood before `count`, unless another attempt came after it. */
  abstract takeBack(before: readonly LedgerEntry[]): Promise<void>;
  abstract forgive(subjects: readonly string[]): Promise<void>;
  /** Everything about these account names. */
  abstract forgiveAccounts(accounts: readonly string[]): Promise<void>;
  /** Until when attempts on these account names wait, at least from somewhere; without those that do not wait. */
  abstract waitsOf(accounts: readonly string[], now: Date): Promise<Map<string, Date>>;
  /** Users with an attempt that has to wait, those that wait longest first. */
  abstract usersWaiting(now: Date, limit: number): Promise<UserId[]>;
  /** Removes what is forgotten, some of it if there is much. */
  abstract purge(now: Date): Promise<void>;
}
