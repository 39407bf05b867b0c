import type { UserId } from '@app/kernel';

export interface Tally {
  readonly name: string;
  readonly count: number;
}

/** How a user signs in, by what is remembered of it (SESSION_HISTORY_DAYS). */
export interface UserStatistics {
  /** Shares left out here and below. */
  readonly active: number;
  readonly total: number;
  /** Days (UTC) with sign-ins, oldest first. */
  readonly perDay: readonly { readonly date: string; readonly count: number }[];
  readonly byDevice: readonly Tally[];
  readonly byNetwork: readonly Tally[];
}

export abstract class SessionStatistics {
  /** All that could be used now, shares left out. Rejects with StoreUnavailableError if counting takes too long. */
  abstract countLive(now: Date): Promise<number>;
  /** Reads the rows of this user only, from an index. */
  abstract ofUser(userId: UserId, of: { now: Date; since: Date }): Promise<UserStatistics>;
}
