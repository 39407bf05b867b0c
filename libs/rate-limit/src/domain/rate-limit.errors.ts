import { DomainError } from '@app/kernel';

/** The same for every policy and subject, so that it tells nothing about others or about an account. */
export class RateLimitedError extends DomainError {
  readonly code = 'RATE_LIMITED';
  readonly kind = 'rate-limited';
  override readonly retryAfterSeconds: number;

  constructor(retryAfterMs: number) {
    super('Too many requests. Try again later.');
    this.retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  }
}
