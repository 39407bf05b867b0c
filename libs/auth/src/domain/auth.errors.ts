import { DomainError, type ErrorFacts } from '@app/kernel';
import type { SessionEnd } from '@app/sessions';

abstract class UnauthenticatedError extends DomainError {
  readonly kind = 'unauthenticated';
}

/** No credential was sent. */
export class MissingCredentialsError extends UnauthenticatedError {
  readonly code = 'UNAUTHENTICATED';

  constructor() {
    super('Sign in first.');
  }
}

/** The same for an unknown account, a wrong password and a disabled account. */
export class InvalidCredentialsError extends UnauthenticatedError {
  readonly code = 'INVALID_CREDENTIALS';

  constructor() {
    super('The account name or the password is wrong.');
  }
}

export class TokenInvalidError extends UnauthenticatedError {
  readonly code = 'TOKEN_INVALID';

  constructor() {
    super('The access token is not valid.');
  }
}

export class TokenExpiredError extends UnauthenticatedError {
  readonly code = 'TOKEN_EXPIRED';

  constructor() {
    super('The access token has expired.');
  }
}

export class TokenRevokedError extends UnauthenticatedError {
  readonly code = 'TOKEN_REVOKED';

  constructor() {
    super('The access token has been revoked.');
  }
}

/** RFC 9700 §4.14.2: the token was spent before, so somebody else may hold its child. The session is over. */
export class RefreshReusedError extends UnauthenticatedError {
  readonly code = 'REFRESH_REUSED';

  constructor(end: SessionEnd) {
    super('The refresh token was used before, so the session has been ended.', { facts: endFacts(end) });
  }
}

/** The ticket was used, has timed out, or the account has changed since. */
export class TicketInvalidError extends UnauthenticatedError {
  readonly code = 'TOKEN_INVALID';

  constructor() {
    super('The ticket cannot be used any more. Sign in again.');
  }
}

/** All places are taken, and the policy lets the person choose which session gives way. */
export class SessionChoiceRequiredError extends DomainError {
  readonly code = 'SESSION_LIMIT_REACHED';
  readonly kind = 'forbidden';

  constructor(limit: DomainError, choice: ErrorFacts) {
    super('The account is signed in on as many devices as allowed. Choose one to end.', {
      facts: { ...limit.facts, ...choice },
    });
  }
}

/** The session may look and not touch. */
export class ReadOnlySessionError extends DomainError {
  readonly code = 'FORBIDDEN';
  readonly kind = 'forbidden';

  constructor() {
    super('A shared session may only read.');
  }
}

/** Somebody else knows the password, or may know it. */
export class PasswordChangeRequiredError extends DomainError {
  readonly code = 'PASSWORD_CHANGE_REQUIRED';
  readonly kind = 'forbidden';

  constructor() {
    super('Choose another password first.');
  }
}

/** RFC 9470: the session is good, but the password was proven too long ago for this. */
export class StepUpRequiredError extends DomainError {
  readonly code = 'STEP_UP_REQUIRED';
  readonly kind = 'forbidden';

  constructor(readonly maxAgeSeconds: number) {
    super('Prove the password again to do this.', { facts: { max_age: maxAgeSeconds } });
  }
}

/** Told to the holder of a correctly signed token only; `end` is null when the row has been purged. */
export class SessionEndedError extends UnauthenticatedError {
  readonly code = 'SESSION_ENDED';

  constructor(readonly end: SessionEnd | null) {
    super('The session has ended.', { facts: endFacts(end) });
  }
}

export class SessionExpiredError extends UnauthenticatedError {
  readonly code = 'SESSION_EXPIRED';

  constructor(end: SessionEnd) {
    super('The session has expired.', { facts: endFacts(end) });
  }
}

/** By the reason, whoever noticed it: a row may say that time ended the session, or be silent about it. */
export function refusalOf(end: SessionEnd | null): SessionEndedError | SessionExpiredError {
  const isTimeout = end?.reason === 'expired_idle' || end?.reason === 'expired_absolute';
  return isTimeout ? new SessionExpiredError(end) : new SessionEndedError(end);
}

export class PasswordRefusedError extends DomainError {
  readonly code = 'VALIDATION_FAILED';
  readonly kind = 'invalid';

  constructor(
    field: string,
    /** In words for the person who chose it. */
    readonly reason: string,
  ) {
    super('The password cannot be used.', { facts: { errors: [{ field, message: reason }] } });
  }
}

function endFacts(end: SessionEnd | null): Record<string, unknown> {
  return end ? { end_reason: end.reason, ended_at: end.at.toISOString() } : {};
}
