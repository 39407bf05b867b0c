import { isWhileValid, isAcceptedUse, saysEnded } from './checks.js';
import { groupBy } from './group-by.js';
import type { Lifetime } from './lifetimes.js';
import { type History, type Impairment, isRevocation, type Operation } from './recorder.js';

/** Milliseconds after a repair in which its consequences still count as the fault's: reconnecting, first polls. */
const convalescence = 1_500;

export interface Counters {
  readonly operations: number;
  readonly validations: number;
  /** Revocations answered 200, 202, or not for certain. */
  readonly revocations: { readonly complete: number; readonly pending: number; readonly unknown: number };
  /** Validations of a session begun at most so long after the 200 that ended it, by instance. */
  readonly within5ms: readonly number[];
  readonly within50ms: readonly number[];
  /** Answers to holders of valid sessions: how many, and why they were not served. */
  readonly valid: {
    readonly asked: number;
    readonly cacheOnly: number;
    /** 503 while both stores were impaired for the instance. */
    readonly bothAway: number;
    /** 503 while Postgres was, so that a session not cached yet could not be read. */
    readonly postgresAway: number;
    /** 503 for no such reason. */
    readonly stray: number;
  };
  /** Accepted by one instance after another one had said "ended" and before the revocation was proven. */
  readonly overtaken: { readonly count: number; readonly longestMs: number };
  readonly faults: Readonly<Record<string, number>>;
}

export function count(
  { operations, impairments }: History,
  lives: ReadonlyMap<string, Lifetime>,
  instances: number,
): Counters {
  const revocations = operations.filter(({ op }) => isRevocation(op));
  const validations = operations.filter(({ op }) => op === 'validate');
  const faults = groupBy(impairments, ({ fault }) => fault);
  return {
    operations: operations.length,
    validations: validations.length,
    revocations: {
      complete: revocations.filter(({ status }) => status === 200).length,
      pending: revocations.filter(({ status }) => status === 202).length,
      unknown: revocations.filter(({ outcome }) => outcome === 'unknown').length,
    },
    within5ms: coverage(validations, lives, { instances, ms: 5 }),
    within50ms: coverage(validations, lives, { instances, ms: 50 }),
    valid: answersToValid(validations, lives, impairments),
    overtaken: overtaken(operations),
    faults: Object.fromEntries([...faults].map(([fault, times]) => [fault, times.length])),
  };
}

function coverage(
  validations: readonly Operation[],
  lives: ReadonlyMap<string, Lifetime>,
  { instances, ms }: { instances: number; ms: number },
): number[] {
  const counts = Array.from({ length: instances }, () => 0);
  for (const { session, start, instance, status } of validations) {
    const proof = lives.get(session ?? '')?.proof;
    // Without an answer nothing was learned.
    if (!proof || status === null || start < proof.end || start > proof.end + ms) continue;
    counts[instance]! += 1;
  }
  return counts;
}

function answersToValid(
  validations: readonly Operation[],
  lives: ReadonlyMap<string, Lifetime>,
  impairments: readonly Impairment[],
): Counters['valid'] {
  const asked = validations.filter((one) => one.status !== null && isWhileValid(one, lives));
  const unserved = asked.filter(({ status }) => status! >= 500);
  const away = (store: Impairment['what']) => unserved.filter((one) => isImpaired(one, store, impairments));
  const [redis, postgres] = [new Set(away('redis')), new Set(away('postgres'))];
  return {
    asked: asked.length,
    cacheOnly: asked.filter(({ mode }) => mode === 'cache-only').length,
    bothAway: unserved.filter((one) => redis.has(one) && postgres.has(one)).length,
    postgresAway: unserved.filter((one) => !redis.has(one) && postgres.has(one)).length,
    stray: unserved.filter((one) => !postgres.has(one)).length,
  };
}

function isImpaired(
  { instance, start, end }: Operation,
  what: Impairment['what'],
  impairments: readonly Impairment[],
): boolean {
  return impairments.some(
    (one) =>
      (one.what === what || one.what === 'process') &&
      one.instances.includes(instance) &&
      one.start <= end &&
      one.end + convalescence >= start,
  );
}

function overtaken(operations: readonly Operation[]): Counters['overtaken'] {
  const firstRefusal = new Map<string, number>();
  for (const { session, end } of operations.filter(saysEnded)) {
    firstRefusal.set(
      session ?? '',
      Math.min(end, firstRefusal.get(session ?? '') ?? Number.POSITIVE_INFINITY),
    );
  }
  const lags = operations
    .filter(isAcceptedUse)
    .map(({ session, start }) => start - (firstRefusal.get(session ?? '') ?? Number.POSITIVE_INFINITY))
    .filter((lag) => lag >= 0);
  return { count: lags.length, longestMs: lags.reduce((longest, lag) => Math.max(longest, lag), 0) };
}
