/** Times are whole microseconds of the store's clock: a millisecond is long enough for two requests. */
export type Micros = number;

export const microsPerMs = 1_000;

/** What an algorithm says about one request. */
export interface Weighing<State> {
  readonly fits: boolean;
  /** The state once the request is counted. Meaningless unless it fits. */
  readonly after: State;
  /** Left if it is counted, or as things stand if it does not fit. */
  readonly remaining: number;
  /** Until it fits; 0 if it does. */
  readonly waitMicros: Micros;
  readonly resetMicros: Micros;
}

/**
 * Pure functions over one subject's state; the Lua script does the same arithmetic. A state from the future (the
 * clock was put back) counts as of now, so no subject waits for a clock to catch up.
 */
export interface Algorithm<Rule, State> {
  weigh(rule: Rule, state: State | null, now: Micros, cost: number): Weighing<State>;
  /** Counts without asking; never beyond a full quota. */
  add(rule: Rule, state: State | null, now: Micros, cost: number): State;
  /** Gives back, the newest first. */
  remove(rule: Rule, state: State | null, now: Micros, cost: number): State;
  /** After which the state says nothing any more. */
  lifeMicros(rule: Rule, state: State, now: Micros): Micros;
}
