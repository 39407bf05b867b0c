import { DomainError } from '@app/kernel';

/** One problem of a request, with the place where it was found. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

export class ValidationFailedError extends DomainError {
  readonly code = 'VALIDATION_FAILED';
  readonly kind = 'invalid';

  constructor(errors: readonly FieldProblem[]) {
    super('The request is not valid.', { facts: { errors } });
  }
}

/** The body, path or headers could not even be read. */
export class MalformedRequestError extends DomainError {
  readonly code = 'VALIDATION_FAILED';
  readonly kind = 'invalid';
}

/** Told to everybody alike who is signed in: what there would be to see is nobody else's business. */
export class AdministratorsOnlyError extends DomainError {
  readonly code = 'FORBIDDEN';
  readonly kind = 'forbidden';

  constructor() {
    super('Only an administrator may do this, signed in as one.');
  }
}

export class RouteNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is nothing at this address.');
  }
}

export class MethodNotAllowedError extends DomainError {
  readonly code = 'METHOD_NOT_ALLOWED';
  readonly kind = 'method-not-allowed';

  constructor(readonly allowed: readonly string[]) {
    super('This address does not support the method.');
  }
}

export class PayloadTooLargeError extends DomainError {
  readonly code = 'PAYLOAD_TOO_LARGE';
  readonly kind = 'too-large';

  constructor() {
    super('The request body is too large.');
  }
}

export class UnsupportedMediaTypeError extends DomainError {
  readonly code = 'UNSUPPORTED_MEDIA_TYPE';
  readonly kind = 'unsupported-media';

  constructor(accepted = 'application/json') {
    super(`Send the body as ${accepted}.`);
  }
}

/** A browser sent our cookies for a page that is not ours, or without proof that it is. */
export class CsrfRejectedError extends DomainError {
  readonly code = 'CSRF_REJECTED';
  readonly kind = 'forbidden';
}

/** Stands for everything unexpected; the real error is logged under the request id. */
export class InternalError extends DomainError {
  readonly code = 'INTERNAL';
  readonly kind = 'internal';

  constructor() {
    super('Something went wrong on our side.');
  }
}
