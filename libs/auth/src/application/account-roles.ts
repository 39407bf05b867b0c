import { type Act, EventLog, factsOf } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import { type Propagation, RevocationBroadcast } from '@app/sessions';
import { type Role, type User, UserNotFoundError, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { refuseLastAdministrator } from './last-administrator.js';

/** Makes somebody an administrator, or one no longer. */
@Injectable()
export class AccountRoles {
  constructor(
    private readonly users: UserRepository,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * By the answer `complete` no instance shows the role before: whoever has lost it is refused with the next request.
   * May be repeated until it is. Throws UserNotFoundError, LastAdministratorError.
   */
  async change(userId: UserId, role: Role, act: Act): Promise<{ user: User; propagation: Propagation }> {
    const at = this.clock.now();
    const { user, transaction } = await this.work.run(async () => {
      if (role !== 'admin') await refuseLastAdministrator(this.users, userId);
      const locked = await this.users.lock(userId);
      if (!locked) throw new UserNotFoundError();
      if (locked.user.role !== role) await this.write(locked.user, role, { act, at });
      return { user: { ...locked.user, role }, transaction: await this.events.transaction() };
    });
    return { user, propagation: await this.broadcast.settleUserChange(userId, transaction) };
  }

  /** `user.updated` is what every instance follows, older versions too; the other event tells whose doing it was. */
  private async write(
    { id, role: from }: User,
    to: Role,
    { act, at }: { act: Act; at: Date },
  ): Promise<void> {
    await this.users.setRole(id, to, at);
    const about = { userId: id, at } as const;
    await this.events.append([
      { ...about, type: 'user.role_changed', payload: { from, to, ...factsOf(act) } },
      { ...about, type: 'user.updated', payload: { fields: ['role'], ...factsOf(act) } },
    ]);
  }
}
