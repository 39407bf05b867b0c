import { DomainError } from '@app/kernel';

export class EndpointNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such webhook.');
  }
}

export class DeliveryNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such delivery.');
  }
}

export class TooManyEndpointsError extends DomainError {
  readonly code = 'CONFLICT';
  readonly kind = 'conflict';

  constructor(limit: number) {
    super(`There are ${limit} webhooks, and there may not be more.`, { facts: { limit } });
  }
}

/** To a disabled endpoint nothing can be sent. */
export class EndpointDisabledError extends DomainError {
  readonly code = 'CONFLICT';
  readonly kind = 'conflict';

  constructor() {
    super('This webhook is disabled. Enable it first.', { facts: { field: 'state' } });
  }
}

/** Somewhere this installation does not send to. `reason` is for the person who chose it. */
export class TargetRefusedError extends DomainError {
  readonly code = 'VALIDATION_FAILED';
  readonly kind = 'invalid';

  constructor(readonly reason: string) {
    super('The webhook cannot be used.', { facts: { errors: [{ field: 'url', message: reason }] } });
  }
}
