import { type Act, EventLog, factsOf } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import { SubjectDigests } from '@app/rate-limit';
import { type User, UserNotFoundError, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { FailureLedger } from '../domain/protection/failure-ledger.js';
import { accountsOf } from './account-digests.js';
import { AccountProtection } from './account-protection.js';

/** Which accounts have to wait after failed sign-ins, for administrators. */
@Injectable()
export class AccountLocks {
  constructor(
    private readonly users: UserRepository,
    private readonly protection: AccountProtection,
    private readonly ledger: FailureLedger,
    private readonly digests: SubjectDigests,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Until when each waits, at least somewhere; without those that do not. One statement for all. */
  async waitsOf(users: readonly User[]): Promise<Map<UserId, Date>> {
    const accounts = users.map((user) => ({ id: user.id, accounts: accountsOf(this.digests, user) }));
    const waits = await this.ledger.waitsOf(
      accounts.flatMap((one) => one.accounts),
      this.clock.now(),
    );
    const untils = accounts.map((one): [UserId, number] => [
      one.id,
      Math.max(0, ...one.accounts.map((account) => waits.get(account)?.getTime() ?? 0)),
    ]);
    return new Map(untils.filter(([, until]) => until > 0).map(([id, until]) => [id, new Date(until)]));
  }

  /** The up to `limit` users that wait longest. */
  waiting(limit: number): Promise<UserId[]> {
    return this.ledger.usersWaiting(this.clock.now(), limit);
  }

  /** Ends all waits of a user. Throws UserNotFoundError. */
  async unlock(userId: UserId, act: Act): Promise<void> {
    await this.work.run(async () => {
      const user = await this.users.find(userId);
      if (!user) throw new UserNotFoundError();
      await this.protection.unlock(user);
      const event = { type: 'user.unlocked', userId, payload: factsOf(act), at: this.clock.now() } as const;
      await this.events.append([event]);
    });
  }
}
