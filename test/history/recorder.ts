import { performance } from 'node:perf_hooks';

export type Kind = 'validate' | 'sign-in' | 'sign-out' | 'end-one' | 'end-others' | 'sign-out-all';

/** `unknown`: no answer, or a server error on a write, which may still take effect at any later time. */
export type Outcome = 'ok' | 'refused' | 'unknown';

/** One call, as its caller saw it. Times are milliseconds of the harness's one monotonic clock. */
export interface Operation {
  readonly id: number;
  /** Who called: a worker, a stalker, the audit. One process makes one call after the other. */
  readonly proc: string;
  readonly instance: number;
  /** How often the instance had been started before; a restart has a new memory. */
  readonly run: number;
  readonly op: Kind;
  /** The session whose token was sent; for a sign-in the one it made, if any. */
  readonly session: string | null;
  /** What `end-one` ends; for everything else the same as `session`. */
  readonly target: string | null;
  readonly user: string;
  readonly start: number;
  readonly end: number;
  readonly status: number | null;
  /** The problem's code, or `complete` / `pending` of a revocation. */
  readonly code: string | null;
  /** X-Authority-Mode. */
  readonly mode: string | null;
  readonly outcome: Outcome;
}

/** A time in which something was broken on purpose, until a little after it had been repaired. */
export interface Impairment {
  readonly fault: string;
  readonly start: number;
  readonly end: number;
  readonly instances: readonly number[];
  readonly what: 'redis' | 'postgres' | 'process';
}

export interface History {
  readonly operations: readonly Operation[];
  readonly impairments: readonly Impairment[];
}

const writes: ReadonlySet<Kind> = new Set(['sign-in', 'sign-out', 'end-one', 'end-others', 'sign-out-all']);

export function isRevocation(op: Kind): boolean {
  return writes.has(op) && op !== 'sign-in';
}

/** Writes down what happens; judging is for later. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly impairments: Impairment[] = [];

  now(): number {
    return performance.now();
  }

  add(operation: Omit<Operation, 'id' | 'outcome'>): Operation {
    const recorded = {
      id: this.operations.length,
      ...operation,
      outcome: outcomeOf(operation.op, operation.status),
    };
    this.operations.push(recorded);
    return recorded;
  }

  /** To be called when the impairment begins; returns what to call when it has been repaired. */
  impair(what: Omit<Impairment, 'start' | 'end'>): () => void {
    const impairment = { ...what, start: this.now(), end: Number.POSITIVE_INFINITY };
    this.impairments.push(impairment);
    return () => void (impairment.end = this.now());
  }

  history(): History {
    return { operations: this.operations, impairments: this.impairments };
  }
}

export function outcomeOf(op: Kind, status: number | null): Outcome {
  if (status === null) return 'unknown';
  if (status < 300) return 'ok';
  return status >= 500 && writes.has(op) ? 'unknown' : 'refused';
}
