import { DomainError } from '@app/kernel';

/** A question about a time that cannot be answered in one reply. */
export class RangeRefusedError extends DomainError {
  readonly code = 'VALIDATION_FAILED';
  readonly kind = 'invalid';

  constructor(field: 'from' | 'bucket', message: string) {
    super('The request is not valid.', { facts: { errors: [{ field, message }] } });
  }
}
