import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import { type EndedMany, RevocationBroadcast, SessionAuthority, type SessionEnd } from '@app/sessions';
import { type User, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';

/** What an operator does to an account as a whole. */
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
  signOut(userId: UserId, by: UserId | null): Promise<EndedMany> {
    return this.endAll(userId, by, 'admin', async () => undefined);
  }

  /** Ends every session with reason `user_disabled` and lets nobody in until the account is enabled again. */
  disable(userId: UserId, by: UserId | null): Promise<EndedMany> {
    return this.endAll(userId, by, 'user_disabled', async (locked, at) => {
      if (!locked?.disabledAt) await this.users.setDisabled(userId, at, at);
      await this.events.append([{ type: 'user.disabled', userId, payload: { by }, at }]);
    });
  }

  /** Sessions that ended stay ended. */
  async enable(userId: UserId, by: UserId | null): Promise<void> {
    const at = this.clock.now();
    await this.work.run(async () => {
      await this.users.lock(userId);
      await this.users.setDisabled(userId, null, at);
      await this.events.append([{ type: 'user.enabled', userId, payload: { by }, at }]);
    });
  }

  /** With what else is to change, in one unit of work under the user's row lock; a new generation begins. */
  private async endAll(
    userId: UserId,
    by: UserId | null,
    reason: 'admin' | 'user_disabled',
    change: (locked: User | null, at: Date) => Promise<void>,
  ): Promise<EndedMany> {
    const end: SessionEnd = { at: this.clock.now(), reason };
    const { count, gen, transaction } = await this.work.run(async () => {
      const locked = await this.users.lock(userId);
      const ended = await this.sessions.endAll(userId, { end, by });
      await change(locked?.user ?? null, end.at);
      const next = await this.users.nextGeneration(userId, end.at);
      await this.events.append([
        { type: 'user.sessions_revoked', userId, gen: next, payload: { reason }, at: end.at },
      ]);
      return { count: ended.length, gen: next, transaction: await this.events.transaction() };
    });
    const burial = { userId, sessions: [], generation: { minimum: gen, end }, tokens: [] };
    return { count, propagation: await this.broadcast.settle({ transaction, burial }) };
  }
}
