/** What works once: an answered challenge, a sign-in ticket. */
export interface Spendable {
  /** Unique among all that is spent. */
  readonly id: string;
  /** When it dies unspent; it is remembered until then. */
  readonly expiresAt: Date;
}

/** Joins the caller's unit of work, so that whatever is rolled back has not been spent. */
export abstract class SingleUse {
  /** True for the first caller only. */
  abstract spend(item: Spendable): Promise<boolean>;
  abstract purge(now: Date): Promise<void>;
}
