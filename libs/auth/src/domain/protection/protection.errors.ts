import { DomainError } from '@app/kernel';
import type { Challenge, ProofBinding } from './proof-of-work.js';

/** The attempt is heard with an answer to the challenge only. The same for accounts that do not exist. */
export class ChallengeRequiredError extends DomainError {
  readonly code = 'CHALLENGE_REQUIRED';
  readonly kind = 'forbidden';

  constructor(challenge: Challenge, { action, account }: ProofBinding) {
    super('Answer the challenge and try again.', { facts: { challenge, action, account } });
  }
}
