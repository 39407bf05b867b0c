export type Severity = 'error' | 'warning' | 'note';

/** What a kind of finding means to an operator; the ids are stable. */
export interface Meaning {
  readonly severity: Severity;
  readonly means: string;
  /** What to do about it. */
  readonly todo: string;
  /** `--repair` does it. */
  readonly isRepairable?: true;
}

/** Where something was found that should be otherwise. */
export interface Finding {
  readonly id: string;
  /** Of what it was found, in numbers or names. */
  readonly detail: string;
  /** How many were repaired; null: no repair was asked for, or there is none. */
  readonly repaired: number | null;
}

export interface Diagnosis extends Finding, Meaning {}
