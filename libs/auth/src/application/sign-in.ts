import { EventLog } from '@app/event-log';
import { Bulkhead, Clock, DomainError, KeyedQueue, UnitOfWork } from '@app/kernel';
import { SessionLimitReachedError } from '@app/sessions';
import { type LoginName, type User, type UserCredentials, UserRepository } from '@app/users';
import { Log, Metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { InvalidCredentialsError } from '../domain/auth.errors.js';
import { AccountProtection } from './account-protection.js';
import { Passwords } from './passwords.js';
import { SessionOpening, type SignInWish } from './session-opening.js';
import { SignInTickets } from './sign-in-tickets.js';
import type { SignedIn } from './token-issuer.js';

/**
 * Sign-ins at work and in line, per instance. Without a line in front of it, a flood would ask for all accounts at
 * once, and the store's time limits would turn everybody away before the first password is hashed.
 */
const admission = { concurrent: 16, waiting: 400 };

/** Sign-ins of one account that may wait for its row at once, per instance. */
const maxWaitingPerUser = 500;

@Injectable()
export class SignIn {
  private readonly door = new Bulkhead(admission);
  private readonly perUser = new KeyedQueue(maxWaitingPerUser);

  constructor(
    private readonly users: UserRepository,
    private readonly passwords: Passwords,
    private readonly opening: SessionOpening,
    private readonly tickets: SignInTickets,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly protection: AccountProtection,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Throws InvalidCredentialsError, alike in time and text for every cause, or OverloadedError; after failures
   * RateLimitedError and ChallengeRequiredError, which `proof` answers.
   */
  withPassword(login: LoginName, password: string, wish: SignInWish): Promise<SignedIn> {
    const attempt = this.attempt(login, password, wish);
    attempt.then(
      () => this.metrics.signIns.inc({ result: 'success' }),
      (error: unknown) => this.metrics.signIns.inc({ result: resultOf(error) }),
    );
    return attempt;
  }

  private attempt(login: LoginName, password: string, wish: SignInWish): Promise<SignedIn> {
    return this.door.run(async () => {
      const found = await this.users.findCredentials(login);
      const { client, proof = null } = wish;
      const attempt = { login, user: found?.user ?? null, address: client.ipAddress, proof };
      return this.protection.guard(attempt, () => this.prove(found, password, wish));
    });
  }

  /** Opens the first session of a user just created, within the caller's unit of work. */
  async afterRegistration(user: User, wish: SignInWish): Promise<SignedIn> {
    await this.protection.welcome(user.id, wish.client.ipAddress);
    return this.opening.open(user, wish);
  }

  private async prove(found: UserCredentials | null, password: string, wish: SignInWish): Promise<SignedIn> {
    const isRight = await this.passwords.matches(password, found?.passwordHash ?? null);
    if (!found || !isRight || found.user.disabledAt) {
      // Not what was typed: people put their password where the name belongs.
      this.log.warn('signin.failed', {
        method: 'pwd',
        user_id: found?.user.id ?? null,
        address: wish.client.ipAddress,
      });
      if (found) this.recordFailure(found.user, wish);
      throw new InvalidCredentialsError();
    }
    const rehashed = await this.passwords.rehash(password, found.passwordHash);
    try {
      return await this.perUser.run(found.user.id, () => this.open(found, wish, rehashed));
    } catch (error) {
      if (error instanceof SessionLimitReachedError)
        throw await this.tickets.insteadOf(error, found.user, wish);
      throw error;
    }
  }

  /**
   * The password was verified outside the transaction, so under the lock the proof must still hold: a sign-in
   * with the old password yields no session once the password has changed.
   */
  private open(verified: UserCredentials, wish: SignInWish, rehashed: string | null): Promise<SignedIn> {
    return this.work.run(async () => {
      const locked = await this.users.lock(verified.user.id);
      if (!locked || locked.user.disabledAt || !isSameProof(locked, verified))
        throw new InvalidCredentialsError();
      if (rehashed) {
        await this.users.replacePasswordHash(locked.user.id, {
          expected: verified.passwordHash,
          replacement: rehashed,
        });
      }
      return this.opening.open(locked.user, wish);
    });
  }

  /** Nobody waits for it: an existing account must not take longer to refuse than one that does not exist. */
  private recordFailure(user: User, { client }: SignInWish): void {
    const payload = { ip_address: client.ipAddress, device: client.device };
    const event = { type: 'signin.failed', userId: user.id, payload, at: this.clock.now() } as const;
    this.events.append([event]).catch((error: Error) => {
      this.log.warn('signin.failure_not_recorded', { user_id: user.id, reason: error.message });
    });
  }
}

/** Codes are a fixed list. */
function resultOf(error: unknown): string {
  return error instanceof DomainError ? error.code.toLowerCase() : 'internal';
}

/**
 * A new password changes the hash and starts a new generation. Either one alone is innocent: a parallel sign-in
 * may have renewed the hash of the same password, and a sign-out everywhere leaves the password as it was.
 */
export function isSameProof(locked: UserCredentials, verified: UserCredentials): boolean {
  return locked.passwordHash === verified.passwordHash || locked.user.gen === verified.user.gen;
}
