import { isNativeError } from 'node:util/types';

export interface ErrorDescription {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorDescription;
  readonly errors?: readonly ErrorDescription[];
}

type KnownError = Error & { code?: string; errors?: unknown[]; query?: unknown; params?: unknown };

/** Enough for any honest chain; an error can be its own cause. */
const maxCauses = 5;

/**
 * What of an error may be written down. A list of what to keep, not of what to drop: drivers attach the values
 * of a statement under many names (`detail`, `where`, `parameters`, `params`).
 */
export function describeError(error: Error, causesLeft = maxCauses): ErrorDescription {
  const { message, code, stack, cause, errors, query, params } = error as KnownError;
  // The query builder's wrapper repeats the parameters in its message; what it wraps says what happened.
  if (query !== undefined && params !== undefined && isNativeError(cause))
    return describeError(cause, causesLeft);
  const describeNext = (next: unknown): ErrorDescription[] =>
    isNativeError(next) && causesLeft > 0 ? [describeError(next, causesLeft - 1)] : [];
  return {
    type: error.constructor.name,
    message,
    code,
    stack,
    cause: describeNext(cause)[0],
    errors: errors?.flatMap(describeNext),
  };
}
