import { Bulkhead, Clock, KeyedQueue, OverloadedError, QueueFullError, UnitOfWork } from '@app/kernel';
import { type ClientFacts, type Session, SessionAuthority } from '@app/sessions';
import { type IssuedAccessToken, AccessTokens, RefreshTokens } from '@app/tokens';
import { type LoginName, type User, type UserCredentials, UserRepository } from '@app/users';
import { Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { InvalidCredentialsError } from '../domain/auth.errors.js';
import { AccountProtection } from './account-protection.js';
import { Passwords } from './passwords.js';

/** What a person gets for proving who they are. The tokens appear here once and are stored nowhere. */
export interface SignedIn {
  readonly user: User;
  readonly session: Session;
  readonly accessToken: IssuedAccessToken;
  readonly refreshToken: string;
}

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
    private readonly sessions: SessionAuthority,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly protection: AccountProtection,
  ) {}

  /**
   * Throws InvalidCredentialsError, alike in time and text for every cause, or OverloadedError; after failures
   * RateLimitedError and ChallengeRequiredError, which `proof` answers.
   */
  withPassword(
    login: LoginName,
    password: string,
    client: ClientFacts,
    proof: string | null = null,
  ): Promise<SignedIn> {
    return this.door.run(async () => {
      const found = await this.users.findCredentials(login);
      const attempt = { login, user: found?.user ?? null, address: client.ipAddress, proof };
      return this.protection.guard(attempt, () => this.prove(found, password, client));
    });
  }

  /** Opens the first session of a user just created, within the caller's unit of work. */
  async afterRegistration(user: User, client: ClientFacts): Promise<SignedIn> {
    await this.protection.welcome(user.id, client.ipAddress);
    return this.complete(user, client);
  }

  private async prove(
    found: UserCredentials | null,
    password: string,
    client: ClientFacts,
  ): Promise<SignedIn> {
    const isRight = await this.passwords.matches(password, found?.passwordHash ?? null);
    if (!found || !isRight || found.user.disabledAt) {
      // Not what was typed: people put their password where the name belongs.
      this.log.warn('signin.failed', {
        method: 'pwd',
        user_id: found?.user.id ?? null,
        address: client.ipAddress,
      });
      throw new InvalidCredentialsError();
    }
    const rehashed = await this.passwords.rehash(password, found.passwordHash);
    return this.inTurn(found.user, () => this.open(found, client, rehashed));
  }

  /**
   * The password was verified outside the transaction, so under the lock the proof must still hold: a sign-in
   * with the old password yields no session once the password has changed.
   */
  private open(verified: UserCredentials, client: ClientFacts, rehashed: string | null): Promise<SignedIn> {
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
      return this.complete(locked.user, client);
    });
  }

  private async complete(user: User, client: ClientFacts): Promise<SignedIn> {
    const session = await this.sessions.issue(user, client);
    await this.users.recordLogin(user.id, this.clock.now());
    this.work.afterCommit(() => {
      this.log.info('signin.succeeded', { method: 'pwd', user_id: user.id, address: client.ipAddress });
    });
    return {
      user,
      session,
      accessToken: this.accessTokens.issue({
        userId: user.id,
        sessionId: session.id,
        authenticatedAt: session.authenticatedAt,
        notAfter: session.expiresAt,
      }),
      refreshToken: this.refreshTokens.derive(
        { sessionId: session.id, generation: session.refreshGeneration },
        session.refreshNonce,
      ),
    };
  }

  private async inTurn<T>(user: User, work: () => Promise<T>): Promise<T> {
    try {
      return await this.perUser.run(user.id, work);
    } catch (error) {
      if (error instanceof QueueFullError) throw new OverloadedError();
      throw error;
    }
  }
}

/**
 * A new password changes the hash and starts a new generation. Either one alone is innocent: a parallel sign-in
 * may have renewed the hash of the same password, and a sign-out everywhere leaves the password as it was.
 */
function isSameProof(locked: UserCredentials, verified: UserCredentials): boolean {
  return locked.passwordHash === verified.passwordHash || locked.user.gen === verified.user.gen;
}
