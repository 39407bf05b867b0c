import { type Act, EventLog, factsOf } from '@app/event-log';
import { Clock, RandomSource, UnitOfWork, type UserId, uuidV7 } from '@app/kernel';
import { type Role, type User, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { Passwords } from './passwords.js';
import type { SignInWish } from './session-opening.js';
import { SignIn } from './sign-in.js';
import type { SignedIn } from './token-issuer.js';

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

@Injectable()
export class Registration {
  constructor(
    private readonly users: UserRepository,
    private readonly passwords: Passwords,
    private readonly signIn: SignIn,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: RandomSource,
  ) {}

  /** Creates a user and signs in. Throws PasswordRefusedError, EmailTakenError or UsernameTakenError. */
  async register(account: NewAccount, wish: SignInWish): Promise<SignedIn> {
    const passwordHash = await this.passwords.create(account.password, account);
    return this.work.run(async () => {
      const user = await this.insert(account, { passwordHash, role: 'user' });
      return this.signIn.afterRegistration(user, wish);
    });
  }

  /** Creates an administrator without signing in. Throws like `register`. */
  async createAdministrator(account: NewAccount): Promise<User> {
    const passwordHash = await this.passwords.create(account.password, account);
    return this.work.run(() => this.insert(account, { passwordHash, role: 'admin' }));
  }

  /**
   * Creates a user without signing in. Whoever signs in with the first password has to choose another one, since
   * somebody else knows it; one that was made here is returned, once. Throws like `register`.
   */
  async createFor(
    { role, ...account }: AccountForSomebody,
    act: Act,
  ): Promise<{ user: User; generatedPassword: string | null }> {
    const generatedPassword = account.password === null ? this.random.bytes(18).toString('base64url') : null;
    const password = account.password ?? generatedPassword!;
    const passwordHash = await this.passwords.create(password, account);
    const wish = { passwordHash, role, mustChange: true };
    const user = await this.work.run(() => this.insert({ ...account, password }, wish, act));
    return { user, generatedPassword };
  }

  private async insert(
    { email, username, fullName }: NewAccount,
    { passwordHash, role, mustChange = false }: { passwordHash: string; role: Role; mustChange?: boolean },
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
