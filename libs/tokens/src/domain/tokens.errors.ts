import { DomainError } from '@app/kernel';

/** RFC 6749 §5.2 `invalid_client`: unknown, disabled, wrong secret or none, told alike. */
export class InvalidClientError extends DomainError {
  readonly code = 'INVALID_CLIENT';
  readonly kind = 'unauthenticated';

  constructor() {
    super('The client could not be authenticated.');
  }
}

/** RFC 6749 §5.2 `unauthorized_client`. */
export class UnauthorizedClientError extends DomainError {
  readonly code = 'UNAUTHORIZED_CLIENT';
  readonly kind = 'invalid';

  constructor() {
    super('This client may not do this.');
  }
}

export class ClientNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such client.');
  }
}

export class SigningKeyNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such key.');
  }
}

/** Whoever keeps the published keys for as long as allowed would refuse what the successor signs. */
export class RotationTooEarlyError extends DomainError {
  readonly code = 'CONFLICT';
  readonly kind = 'conflict';

  constructor(readonly possibleFrom: Date) {
    super(
      `The successor was published only recently and not everybody knows it. Rotate after ${possibleFrom.toISOString()}, or withdraw the key that signs to change at once.`,
    );
  }
}
