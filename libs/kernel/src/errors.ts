/**
 * How a refusal is meant, independent of the transport. The HTTP edge holds the only table that turns a kind
 * into a status.
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'gone'
  | 'too-large'
  | 'unsupported-media'
  | 'rate-limited'
  | 'internal'
  | 'unavailable';

/** Facts for the client beside code and message, e.g. `end_reason`. Never a secret, never another user's data. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

/**
 * A refusal that the client is meant to understand. `code` is part of the public contract (docs/errors.md) and
 * never changes; `message` may. Anything thrown that is not a DomainError is a bug and is answered 500 without
 * its text.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  abstract readonly kind: ErrorKind;
  readonly facts: ErrorFacts;
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;

  constructor(message: string, options: { facts?: ErrorFacts; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.facts = options.facts ?? {};
  }
}

/**
 * A store could not answer in time, so nothing is known about the question asked. It is never turned into
 * "invalid": 401 means we checked, 503 means we could not.
 */
export class StoreUnavailableError extends DomainError {
  readonly code = 'STORE_UNAVAILABLE';
  readonly kind = 'unavailable';
  override readonly retryAfterSeconds = 1;

  constructor(store: 'postgres' | 'redis', cause?: unknown) {
    super('The service cannot check this right now. Try again shortly.', { cause });
    this.store = store;
  }

  readonly store: 'postgres' | 'redis';
}
