import { DomainError } from '@app/kernel';

export class EmailTakenError extends DomainError {
  readonly code = 'EMAIL_TAKEN';
  readonly kind = 'conflict';

  constructor() {
    super('An account with this e-mail address exists already.');
  }
}

export class AvatarTypeError extends DomainError {
  readonly code = 'UNSUPPORTED_MEDIA_TYPE';
  readonly kind = 'unsupported-media';

  constructor() {
    super('Send a PNG, JPEG, WebP or GIF image.');
  }
}

export class AvatarTooLargeError extends DomainError {
  readonly code = 'PAYLOAD_TOO_LARGE';
  readonly kind = 'too-large';

  constructor() {
    super('A picture may have at most 2 MiB and 4096 pixels on each side.');
  }
}

export class AvatarUnreadableError extends DomainError {
  readonly code = 'VALIDATION_FAILED';
  readonly kind = 'invalid';

  constructor() {
    super('The picture cannot be used.', {
      facts: { errors: [{ field: 'avatar', message: 'is damaged or incomplete' }] },
    });
  }
}

export class AvatarNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such picture.');
  }
}

export class UsernameTakenError extends DomainError {
  readonly code = 'CONFLICT';
  readonly kind = 'conflict';

  constructor() {
    super('This username is taken.', { facts: { field: 'username' } });
  }
}

export class UserNotFoundError extends DomainError {
  readonly code = 'NOT_FOUND';
  readonly kind = 'not-found';

  constructor() {
    super('There is no such user.');
  }
}

/** Nobody could undo it. */
export class LastAdministratorError extends DomainError {
  readonly code = 'CONFLICT';
  readonly kind = 'conflict';

  constructor() {
    super('This is the last administrator that is enabled.', { facts: { field: 'role' } });
  }
}
