import { type Act, EventLog, factsOf } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import { type EndedMany, RevocationBroadcast, SessionAuthority, type SessionEnd } from '@app/sessions';
import { type User, UserNotFoundError, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { refuseLastAdministrator } from './last-administrator.js';

/** What an operator does to an account as a whole. Every act throws UserNotFoundError for an unknown user. */
@Injectable()
export class AccountControl {
  constructor(
    private readonly users: UserRepository,
    private readonly sessions: SessionAuthority,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Ends every session with reason `admin`. */
  signOut(userId: UserId, act: Act): Promise<EndedMany> {
    return this.endAll(userId, act, 'admin', async () => undefined);
  }

  /**
   * Ends every session with reason `user_disabled` and lets nobody in until the account is enabled again. Throws
   * LastAdministratorError.
   */
  disable(userId: UserId, act: Act): Promise<EndedMany> {
    return this.endAll(userId, act, 'user_disabled', async (user, at) => {
      if (!user.disabledAt) await this.users.setDisabled(userId, at, at);
      await this.events.append([{ type: 'user.disabled', userId, payload: factsOf(act), at }]);
    });
  }

  /**
   * Ends every session with reason `admin`; whoever signs in from now on may only choose another password, until
   * that is done.
   */
  requirePasswordChange(userId: UserId, act: Act): Promise<EndedMany> {
    return this.endAll(userId, act, 'admin', async (_user, at) => {
      await this.users.setPasswordChangeRequired(userId, at);
      await this.events.append([
        { type: 'user.password_change_required', userId, payload: factsOf(act), at },
      ]);
    });
  }

  /** Sessions that ended stay ended. */
  async enable(userId: UserId, act: Act): Promise<void> {
    const at = this.clock.now();
    await this.work.run(async () => {
      await this.lock(userId);
      await this.users.setDisabled(userId, null, at);
      await this.events.append([{ type: 'user.enabled', userId, payload: factsOf(act), at }]);
    });
  }

  /** With what else is to change, in one unit of work under the user's row lock; a new generation begins. */
  private async endAll(
    userId: UserId,
    act: Act,
    reason: 'admin' | 'user_disabled',
    change: (locked: User, at: Date) => Promise<void>,
  ): Promise<EndedMany> {
    const end: SessionEnd = { at: this.clock.now(), reason };
    const { count, gen, transaction } = await this.work.run(async () => {
      if (reason === 'user_disabled') await refuseLastAdministrator(this.users, userId);
      const user = await this.lock(userId);
      const ended = await this.sessions.endAll(userId, { end, by: act.by, act });
      await change(user, end.at);
      const next = await this.users.nextGeneration(userId, end.at);
      const payload = { reason, ...factsOf(act) };
      await this.events.append([{ type: 'user.sessions_revoked', userId, gen: next, payload, at: end.at }]);
      return { count: ended.length, gen: next, transaction: await this.events.transaction() };
    });
    const burial = { userId, sessions: [], generation: { minimum: gen, end }, tokens: [] };
    return { count, propagation: await this.broadcast.settle({ transaction, burial }) };
  }

  private async lock(userId: UserId): Promise<User> {
    const locked = await this.users.lock(userId);
    if (!locked) throw new UserNotFoundError();
    return locked.user;
  }
}
