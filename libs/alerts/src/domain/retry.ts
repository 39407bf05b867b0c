const minute = 60_000;

/** Milliseconds before the next try, by how many there have been. */
const pauses = [10_000, 30_000, minute, 5 * minute, 15 * minute, 30 * minute, 60 * minute];

/** An alert that is older helps nobody. */
const usefulMs = 24 * 60 * minute;

/** When to try again, or null when it is not worth it any more. */
export function nextTry(attempts: number, happened: Date, now: Date): Date | null {
  const pause = pauses[Math.min(attempts, pauses.length) - 1] ?? minute;
  const next = new Date(now.getTime() + pause);
  return next.getTime() - happened.getTime() > usefulMs ? null : next;
}
