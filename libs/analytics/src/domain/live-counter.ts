/** What is live at one moment. */
export interface LiveCount {
  /** Not ended and not timed out, shares included. */
  readonly sessions: number;
  /** Who has at least one of them. */
  readonly users: number;
}

export abstract class LiveCounter {
  /** Exact, and read in stretches, so that any number of sessions stays within the time limit of a statement. */
  abstract count(now: Date): Promise<LiveCount>;
}
