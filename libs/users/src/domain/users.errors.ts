import { DomainError } from '@app/kernel';

export class EmailTakenError extends DomainError {
  readonly code = 'EMAIL_TAKEN';
  readonly kind = 'conflict';

  constructor() {
    super('An account with this e-mail address exists already.');
  }
}

export class UsernameTakenError extends DomainError {
  readonly code = 'CONFLICT';
  readonly kind = 'conflict';

  constructor() {
    super('This username is taken.', { facts: { field: 'username' } });
  }
}
