/** What both drivers tell about a failed statement; drizzle wraps the driver's error as `cause`. */
interface DriverError {
  readonly code?: string;
  readonly constraint?: string;
  readonly message: string;
}

/** The driver's own error. Drizzle's wrapper repeats the parameters in its message, so it must not travel on. */
export function driverError(error: unknown): DriverError {
  let current = error as Error & { code?: string };
  // By shape: an error of Node's own need not be an instance of this realm's Error.
  while (current.code === undefined && typeof current.cause === 'object' && current.cause !== null) {
    current = current.cause as Error;
  }
  return current;
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** pg reports its own time-outs and lost connections by message only. */
const ownTimeout = /timeout exceeded when trying to connect|^timeout expired$|query read timeout/i;
const lostConnection =
  /connection terminated|not queryable|connection ended|pool after calling end|PGlite is closed/i;

/**
 * SQLSTATEs that say "not now": connection exceptions (08), insufficient resources (53), operator intervention
 * and statement time-out (57), system error (58), a read-only server, i.e. a demoted primary (25006), and an
 * idle transaction that the server gave up (25P03).
 */
const unavailableState = /^(08|53|57|58)|^25006$|^25P03$/;

/** Lost races that a second attempt wins: serialisation failure, deadlock, lock time-out. */
const retryableStates = new Set(['40001', '40P01', '55P03']);

export function isRetryable(error: unknown): boolean {
  return retryableStates.has(driverError(error).code ?? '');
}

/** True if the store could not answer, as opposed to answering "no". */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = driverError(error);
  if (code && (networkCodes.has(code) || unavailableState.test(code))) return true;
  return isRetryable(error) || ownTimeout.test(message) || lostConnection.test(message);
}

/** True if it was this process that stopped waiting, whatever the server did meanwhile. */
export function isOwnTimeout(error: unknown): boolean {
  return ownTimeout.test(driverError(error).message);
}

/** The name of the violated unique constraint or index, or null if the error is something else. */
export function violatedUnique(error: unknown): string | null {
  const { code, constraint } = driverError(error);
  return code === '23505' ? (constraint ?? '') : null;
}
