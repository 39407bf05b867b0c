import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import { type Propagation, RevocationBroadcast } from '@app/sessions';
import { type User, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { SessionEndedError } from '../domain/auth.errors.js';

/** What a change came to. */
export interface UserChanged<T> {
  readonly result: T;
  /** Names of the fields that are not what they were; none: nothing to tell anybody. */
  readonly fields: readonly string[];
  /** What the log should hold besides. */
  readonly payload?: Readonly<Record<string, unknown>>;
}

/**
 * Changes a user so that no instance shows what was before, neither by a cached session nor by a cached profile: by
 * the answer each has seen the change in the log, or cannot serve anything older than it.
 */
@Injectable()
export class UserChanges {
  constructor(
    private readonly users: UserRepository,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Runs `change` under the user's row lock, in one unit with its event. May be repeated until the propagation is
   * complete, also when nothing is left to change. Throws SessionEndedError if the user is gone.
   */
  async apply<T>(
    userId: UserId,
    change: (user: User, at: Date) => Promise<UserChanged<T>>,
  ): Promise<{ result: T; propagation: Propagation }> {
    const at = this.clock.now();
    const { result, transaction } = await this.work.run(async () => {
      const locked = await this.users.lock(userId);
      if (!locked) throw new SessionEndedError(null);
      const { result: made, fields, payload } = await change(locked.user, at);
      if (fields.length > 0)
        await this.events.append([{ type: 'user.updated', userId, payload: { fields, ...payload }, at }]);
      return { result: made, transaction: await this.events.transaction() };
    });
    return { result, propagation: await this.broadcast.settleUserChange(userId, transaction) };
  }
}
