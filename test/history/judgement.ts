import { acceptedAfterProof, acceptedAfterRefusal, refusedWhileValid, type Violation } from './checks.js';
import { count, type Counters } from './counters.js';
import { lifetimes } from './lifetimes.js';
import type { History } from './recorder.js';

export interface Judgement {
  readonly violations: readonly Violation[];
  readonly counters: Counters;
}

/** All checks of a history; what the audit found is handed in. */
export function judge(history: History, instances: number, audited: readonly Violation[] = []): Judgement {
  const lives = lifetimes(history.operations);
  return {
    violations: [
      ...acceptedAfterProof(history.operations, lives),
      ...acceptedAfterRefusal(history.operations),
      ...refusedWhileValid(history.operations, lives),
      ...audited,
    ],
    counters: count(history, lives, instances),
  };
}
