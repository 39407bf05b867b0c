import type { UserId } from '@app/kernel';
import { SessionAuthority } from '@app/sessions';
import { type Role, type User, UserDirectory, UserNotFoundError, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { AccountLocks } from './account-locks.js';

/** Of those that have to wait, so many are searched: those that wait longest. */
const maxWaiting = 10_000;

export interface AccountSearch {
  /** The whole id, or how e-mail address, username or full name begin; null: any. */
  readonly text: string | null;
  readonly role: Role | null;
  /** `locked`: attempts to sign in have to wait, at least from somewhere; disabled or not. */
  readonly state: 'active' | 'disabled' | 'locked' | null;
}

/** A user as administrators see it. */
export interface Account {
  readonly user: User;
  /** Until when attempts to sign in have to wait, at least from somewhere. */
  readonly lockedUntil: Date | null;
}

/** Who has an account, for administrators. */
@Injectable()
export class AccountDirectory {
  constructor(
    private readonly directory: UserDirectory,
    private readonly users: UserRepository,
    private readonly locks: AccountLocks,
    private readonly sessions: SessionAuthority,
  ) {}

  /** Newest first, from the one after `after`. */
  async search(
    { text, role, state }: AccountSearch,
    page: { size: number; after: UserId | null },
  ): Promise<Account[]> {
    const among = state === 'locked' ? await this.locks.waiting(maxWaiting) : null;
    const of = { text, role, state: state === 'locked' ? null : state, among };
    return this.withLocks(await this.directory.search(of, page));
  }

  /** With the number of live sessions, shares left out. Throws UserNotFoundError. */
  async get(id: UserId): Promise<Account & { readonly liveSessions: number }> {
    const user = await this.users.find(id);
    if (!user) throw new UserNotFoundError();
    const [[account], liveSessions] = await Promise.all([this.withLocks([user]), this.sessions.count(id)]);
    return { ...account!, liveSessions };
  }

  private async withLocks(users: readonly User[]): Promise<Account[]> {
    if (users.length === 0) return [];
    const waits = await this.locks.waitsOf(users);
    return users.map((user) => ({ user, lockedUntil: waits.get(user.id) ?? null }));
  }
}
