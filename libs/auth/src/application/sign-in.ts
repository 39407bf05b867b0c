import { Bulkhead, Clock, KeyedQueue, OverloadedError, QueueFullError, UnitOfWork } from '@app/kernel';
import { type ClientFacts, SessionAuthority, type SessionProfile } from '@app/sessions';
import { type LoginName, type User, type UserCredentials, UserRepository } from '@app/users';
import { Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { InvalidCredentialsError } from '../domain/auth.errors.js';
import { Passwords } from './passwords.js';
import { type SignedIn, TokenIssuer } from './token-issuer.js';

/** What a person may choose; administrators have a profile of their own whatever they choose. */
export type WishedProfile = Exclude<SessionProfile, 'admin'>;

/** Who asks for a session, and for which. */
export interface SignInWish {
  readonly client: ClientFacts;
  readonly profile: WishedProfile;
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
    private readonly tokens: TokenIssuer,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Throws InvalidCredentialsError, alike in time and text for every cause, or OverloadedError. */
  withPassword(login: LoginName, password: string, wish: SignInWish): Promise<SignedIn> {
    return this.door.run(() => this.prove(login, password, wish));
  }

  /** Opens the first session of a user just created, within the caller's unit of work. */
  async afterRegistration(user: User, wish: SignInWish): Promise<SignedIn> {
    return this.complete(user, wish);
  }

  private async prove(login: LoginName, password: string, wish: SignInWish): Promise<SignedIn> {
    const found = await this.users.findCredentials(login);
    const isRight = await this.passwords.matches(password, found?.passwordHash ?? null);
    if (!found || !isRight || found.user.disabledAt) {
      // Not what was typed: people put their password where the name belongs.
      this.log.warn('signin.failed', {
        method: 'pwd',
        user_id: found?.user.id ?? null,
        address: wish.client.ipAddress,
      });
      throw new InvalidCredentialsError();
    }
    const rehashed = await this.passwords.rehash(password, found.passwordHash);
    return this.inTurn(found.user, () => this.open(found, wish, rehashed));
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
      return this.complete(locked.user, wish);
    });
  }

  private async complete(user: User, { client, profile }: SignInWish): Promise<SignedIn> {
    const session = await this.sessions.issue(user, { client, profile: profileFor(user, profile) });
    await this.users.recordLogin(user.id, this.clock.now());
    this.work.afterCommit(() => {
      this.log.info('signin.succeeded', { method: 'pwd', user_id: user.id, address: client.ipAddress });
    });
    return this.tokens.issue(user, session);
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

/** An administrator's session is short whatever was asked for. */
export function profileFor({ role }: Pick<User, 'role'>, wished: SessionProfile): SessionProfile {
  if (role === 'admin') return 'admin';
  // Somebody who was an administrator when the session began.
  return wished === 'admin' ? 'standard' : wished;
}

/**
 * A new password changes the hash and starts a new generation. Either one alone is innocent: a parallel sign-in
 * may have renewed the hash of the same password, and a sign-out everywhere leaves the password as it was.
 */
export function isSameProof(locked: UserCredentials, verified: UserCredentials): boolean {
  return locked.passwordHash === verified.passwordHash || locked.user.gen === verified.user.gen;
}
