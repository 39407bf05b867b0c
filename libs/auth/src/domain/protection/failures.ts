/** What is known of failed attempts in a row. */
export interface FailureRecord {
  /** Attempts that have failed or are not decided yet. */
  readonly failures: number;
  /** Milliseconds of wall time: no attempt is heard before. */
  readonly waitUntil: number;
  /** From then on the record says nothing. */
  readonly forgottenAt: number;
}

export interface FailureLimits {
  /** Failures that cost nothing yet. */
  readonly free: number;
  /** After the last failure, or the wait that it brought, the record is kept for so long. */
  readonly memoryMs: number;
}

/** What an attempt has to bring. */
export interface Demand {
  /** 0: it is heard at once. */
  readonly waitMs: number;
  /** Bits of proof of work; 0: none. */
  readonly bits: number;
}

const firstWaitMs = 30_000;
const longestWaitMs = 60 * 60_000;

/** 18 bits are about a second in a browser, 22 about fifteen. */
export const leastBits = 18;
const mostBits = 22;

/** NIST SP 800-63B-4 §3.2.2 proposes these waits. */
function waitAfter(failures: number, free: number): number {
  return failures < free ? 0 : Math.min(firstWaitMs * 2 ** Math.min(failures - free, 20), longestWaitMs);
}

function current(record: FailureRecord | null, now: number): FailureRecord | null {
  return record && record.forgottenAt > now ? record : null;
}

export function demandOf(stored: FailureRecord | null, { free }: FailureLimits, now: number): Demand {
  const record = current(stored, now);
  if (!record || record.failures < free) return { waitMs: 0, bits: 0 };
  return {
    waitMs: Math.max(0, record.waitUntil - now),
    bits: Math.min(leastBits + record.failures - free, mostBits),
  };
}

/** What holds for several records at once. */
export function strictest(demands: readonly Demand[]): Demand {
  return {
    waitMs: Math.max(0, ...demands.map(({ waitMs }) => waitMs)),
    bits: Math.max(0, ...demands.map(({ bits }) => bits)),
  };
}

/** The record once another attempt is counted, which is before anybody knows how it ends. */
export function counted(stored: FailureRecord | null, limits: FailureLimits, now: number): FailureRecord {
  const failures = (current(stored, now)?.failures ?? 0) + 1;
  const waitUntil = now + waitAfter(failures, limits.free);
  return { failures, waitUntil, forgottenAt: waitUntil + limits.memoryMs };
}

export interface AccountStanding {
  readonly failures: number;
  readonly free: number;
  /** Until the next attempt is heard, or else until the failures are forgotten. */
  readonly resetMs: number;
}

export function standingBy(stored: FailureRecord | null, free: number, now: number): AccountStanding {
  const record = current(stored, now);
  if (!record) return { failures: 0, free, resetMs: 0 };
  const { failures, waitUntil, forgottenAt } = record;
  return { failures, free, resetMs: (waitUntil > now ? waitUntil : forgottenAt) - now };
}
