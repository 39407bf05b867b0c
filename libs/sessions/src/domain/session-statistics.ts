import type { UserId } from '@app/kernel';

export interface Tally {
  readonly name: string;
  readonly count: number;
}

/** What is live at one moment: neither ended nor timed out. Shares are sessions here, as in every list of live ones. */
export interface LiveCount {
  readonly sessions: number;
  /** Who has at least one of them. */
  readonly users: number;
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
  /** Exact, and read in stretches, so that any number of sessions stays within the time limit of a statement. */
  abstract countLive(now: Date): Promise<LiveCount>;
  /** Reads the rows of this user only, from an index. */
  abstract ofUser(userId: UserId, of: { now: Date; since: Date }): Promise<UserStatistics>;
}
