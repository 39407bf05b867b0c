const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Before the second try, the third and so on: 25 hours in all. */
const pauses = [
  5 * second,
  30 * second,
  2 * minute,
  5 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  4 * hour,
  6 * hour,
  8 * hour,
];

/** A receiver may ask for more rest than this, and does not get it. */
const longestRestMs = hour;

/** Each pause is up to a fifth shorter or longer, so that what failed together is not tried together. */
const spread = 0.2;

/** Failures in a row that may still be about single deliveries. */
const toleratedFailures = 10;
const longestBrakeMs = 5 * minute;

const givingUpMs = 5 * day;

/**
 * When to try again after so many tries, or null: no more. `chance` is in [0, 1). What the receiver asks for counts if it is
 * later than that, up to an hour.
 */
export function nextTry(
  attempts: number,
  { now, chance, retryAfterSeconds }: { now: Date; chance: number; retryAfterSeconds: number | null },
): Date | null {
  const pause = pauses[attempts - 1];
  if (pause === undefined) return null;
  const spreadMs = pause * (1 - spread + 2 * spread * chance);
  return new Date(now.getTime() + Math.max(spreadMs, restMs(retryAfterSeconds)));
}

/** Until when nothing at all should be sent to an endpoint after so many failures in a row; null: go on. */
export function restUntil(failures: number, now: Date, retryAfterSeconds: number | null): Date | null {
  const excess = failures - toleratedFailures;
  const brakeMs = excess < 0 ? 0 : Math.min(longestBrakeMs, second * 2 ** Math.min(excess, 20));
  const ms = Math.max(brakeMs, restMs(retryAfterSeconds));
  return ms > 0 ? new Date(now.getTime() + ms) : null;
}

/** Nobody is there any more. */
export function isHopeless(failures: number, failingSince: Date, now: Date): boolean {
  return failures >= toleratedFailures && now.getTime() - failingSince.getTime() >= givingUpMs;
}

function restMs(retryAfterSeconds: number | null): number {
  return Math.min((retryAfterSeconds ?? 0) * second, longestRestMs);
}
