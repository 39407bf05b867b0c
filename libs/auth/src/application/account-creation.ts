import { type Act, EventLog, factsOf } from '@app/event-log';
import { Clock, RandomSource, UnitOfWork, type UserId, uuidV7 } from '@app/kernel';
import { type Role, type User, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { Passwords } from './passwords.js';

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly username: string | null;
  readonly fullName: string | null;
}

/** An account that an administrator makes for somebody. */
export interface AccountForSomebody extends Omit<NewAccount, 'password'> {
  /** Null: one is made. */
  readonly password: string | null;
  readonly role: Role;
}

/** What an account begins with, beside its names. */
export interface Beginning {
  readonly passwordHash: string;
  readonly role: Role;
  /** Somebody else knows the password. */
  readonly mustChange?: boolean;
}

/** Makes accounts without signing anybody in. */
@Injectable()
export class AccountCreation {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: Passwords,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: RandomSource,
  ) {}

  /** Throws PasswordRefusedError, EmailTakenError or UsernameTakenError. */
  async createAdministrator(account: NewAccount): Promise<User> {
    const passwordHash = await this.passwords.create(account.password, account);
    const act = { by: null, note: null };
    return this.work.run(() => this.insert(account, { passwordHash, role: 'admin' }, act));
  }

  /**
   * Whoever signs in with the first password has to choose another one, since somebody else knows it; one that was
   * made here is returned, once. Throws like `createAdministrator`.
   */
  async createFor(
    { role, ...account }: AccountForSomebody,
    act: Act,
  ): Promise<{ user: User; generatedPassword: string | null }> {
    const generatedPassword = account.password === null ? this.random.bytes(18).toString('base64url') : null;
    const password = account.password ?? generatedPassword!;
    const passwordHash = await this.passwords.create(password, account);
    const beginning = { passwordHash, role, mustChange: true };
    const user = await this.work.run(() => this.insert(account, beginning, act));
    return { user, generatedPassword };
  }

  /** With its event, within the caller's unit of work. Throws EmailTakenError or UsernameTakenError. */
  async insert(
    { email, username, fullName }: Omit<NewAccount, 'password'>,
    { passwordHash, role, mustChange = false }: Beginning,
    act?: Act,
  ): Promise<User> {
    const createdAt = this.clock.now();
    const id = uuidV7(createdAt, this.random) as UserId;
    const passwordChangeRequiredAt = mustChange ? createdAt : null;
    const names = { email, username, fullName };
    const user = await this.users.insert({
      id,
      ...names,
      role,
      passwordHash,
      passwordChangeRequiredAt,
      createdAt,
    });
    const payload = { role, ...(act && factsOf(act)) };
    await this.events.append([{ type: 'user.created', userId: id, payload, at: createdAt }]);
    return user;
  }
}
