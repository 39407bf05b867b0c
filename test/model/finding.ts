import type { Outcome } from './explore.js';

/** An outcome reduced to what a claim compares; the trace appears only where a safe design was expected. */
export interface Finding {
  readonly verdict: 'safe' | 'violated';
  readonly states: number;
  readonly trace?: readonly string[];
}

export const safe = (states: number): Finding => ({ verdict: 'safe', states });
export const violated = (states: number): Finding => ({ verdict: 'violated', states });

export function findingOf({ counterexample, states }: Outcome, expected: Finding): Finding {
  if (!counterexample) return safe(states);
  if (expected.verdict === 'violated') return violated(states);
  return { ...violated(states), trace: counterexample };
}
