import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork } from '@app/kernel';
import {
  type Burial,
  type ClientFacts,
  RevocationBroadcast,
  SessionAuthority,
  type SessionEnd,
} from '@app/sessions';
import { Log } from '@app/telemetry';
import { type UserCredentials, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { InvalidCredentialsError, PasswordRefusedError, refusalOf } from '../domain/auth.errors.js';
import type { Principal } from '../domain/principal.js';
import { Passwords } from './passwords.js';
import { profileFor, scopeFor } from './session-opening.js';
import { isSameProof } from './sign-in.js';
import { type Replaced, type SignedIn, TokenIssuer } from './token-issuer.js';

/**
 * The password again, from somebody who is signed in: to be fresh, or to choose another password. Either way the
 * session continues under a new id, so that whoever held the old one holds nothing (ASVS v5.0.0-7.2.4).
 */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: Passwords,
    private readonly sessions: SessionAuthority,
    private readonly tokens: TokenIssuer,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** The lifetimes start anew. Throws InvalidCredentialsError or, when the session ended meanwhile, what refusalOf says. */
  async stepUp(principal: Principal, password: string, client: ClientFacts): Promise<Replaced> {
    const verified = await this.verify(principal, password, client);
    return this.settled(async () => {
      const { user } = await this.lock(verified);
      const { burial, deviceKey } = await this.replaceCurrent(principal);
      const profile = profileFor(user, principal.session.profile);
      const session = await this.sessions.issue(user, {
        client,
        profile,
        deviceKey,
        scope: scopeFor(user),
        continues: principal.session.id,
      });
      return { signedIn: this.tokens.issue(user, session), burial };
    });
  }

  /** Ends every other session with reason `password_change`. Throws like `stepUp`, and PasswordRefusedError. */
  async changePassword(
    principal: Principal,
    { current, replacement }: { current: string; replacement: string },
    client: ClientFacts,
  ): Promise<Replaced> {
    const verified = await this.verify(principal, current, client);
    const { email, username, passwordChangeRequiredAt } = verified.user;
    if (passwordChangeRequiredAt && replacement === current)
      throw new PasswordRefusedError('new_password', 'must be another one than before');
    const hash = await this.passwords.create(replacement, { email, username }, 'new_password');
    return this.settled(async () => {
      const { user, passwordHash: expected } = await this.lock(verified);
      const end: SessionEnd = { at: this.clock.now(), reason: 'password_change' };
      const { burial, deviceKey } = await this.replaceCurrent(principal);
      await this.sessions.endAll(user.id, { end, by: user.id });
      await this.users.replacePasswordHash(user.id, { expected, replacement: hash });
      if (passwordChangeRequiredAt) await this.users.setPasswordChangeRequired(user.id, null);
      const gen = await this.users.nextGeneration(user.id, end.at);
      await this.events.append([
        { type: 'user.password_changed', userId: user.id, at: end.at },
        { type: 'user.sessions_revoked', userId: user.id, gen, payload: { reason: end.reason }, at: end.at },
      ]);
      const profile = profileFor(user, principal.session.profile);
      const continues = principal.session.id;
      const session = await this.sessions.issue(
        { id: user.id, gen },
        { client, profile, deviceKey, continues },
      );
      const signedIn = this.tokens.issue({ ...user, gen }, session);
      return { signedIn, burial: { ...burial, generation: { minimum: gen, end } } };
    });
  }

  /** Runs the change as one unit, then carries what it ended everywhere. */
  private async settled(change: () => Promise<{ signedIn: SignedIn; burial: Burial }>): Promise<Replaced> {
    const { signedIn, burial, transaction } = await this.work.run(async () => ({
      ...(await change()),
      transaction: await this.events.transaction(),
    }));
    return { ...signedIn, propagation: await this.broadcast.settle({ transaction, burial }) };
  }

  private async verify({ user }: Principal, password: string, client: ClientFacts): Promise<UserCredentials> {
    const found = await this.users.findCredentials({ id: user.id });
    if (found && (await this.passwords.matches(password, found.passwordHash))) return found;
    this.log.warn('reauthentication.failed', { user_id: user.id, address: client.ipAddress });
    throw new InvalidCredentialsError();
  }

  /** Under the lock the proof must still hold. */
  private async lock(verified: UserCredentials): Promise<UserCredentials> {
    const locked = await this.users.lock(verified.user.id);
    if (!locked || locked.user.disabledAt || !isSameProof(locked, verified))
      throw new InvalidCredentialsError();
    return locked;
  }

  private async replaceCurrent({
    user,
    session,
  }: Principal): Promise<{ burial: Burial; deviceKey: string | null }> {
    const { deviceKey } = await this.sessions.get(session.id, user.id);
    const { end, isMine, ended } = await this.sessions.mark(session.id, { userId: user.id }, 'replaced');
    if (!isMine) throw refusalOf(end);
    return { burial: { userId: user.id, sessions: ended, generation: null, tokens: [] }, deviceKey };
  }
}
