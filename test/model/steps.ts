import type { Index, State } from './state.js';

/** `unavailable` is the 503 of a validation that can ask neither store. */
export type Verdict = 'accept' | 'refuse' | 'unavailable';

/** Receives every step that is possible in one state. */
export interface Steps {
  to(next: State, label: string, instance?: Index): void;
  /** Ends the validation of an instance. */
  answer(next: State, verdict: Verdict, label: string, instance: Index): void;
}
