import { DomainError } from '@app/kernel';

export class SessionNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such session.');
  }
}

export class SessionLimitReachedError extends DomainError {
  readonly code = 'SESSION_LIMIT_REACHED';
  readonly kind = 'forbidden';

  constructor(limit: number) {
    super('The account is signed in on as many devices as allowed. Sign out on one of them first.', {
      facts: { limit },
    });
  }
}

export class ShareNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such share.');
  }
}

/** Alike for a link that never was, was used, revoked or has timed out. */
export class ShareInvalidError extends DomainError {
  readonly code = 'TOKEN_INVALID';
  readonly kind = 'unauthenticated';

  constructor() {
    super('The link cannot be used any more.');
  }
}

export class BulkEndNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such order.');
  }
}

/** Something has changed since whoever asks has looked. */
export class UnexpectedCountError extends DomainError {
  readonly code = 'CONFLICT';
  readonly kind = 'conflict';

  constructor(count: number) {
    super('Another number of sessions matches than expected.', { facts: { field: 'expected_count', count } });
  }
}
