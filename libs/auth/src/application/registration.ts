import { EventLog } from '@app/event-log';
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
      const user = await this.insert(account, passwordHash, 'user');
      return this.signIn.afterRegistration(user, wish);
    });
  }

  /** Creates an administrator without signing in. Throws like `register`. */
  async createAdministrator(account: NewAccount): Promise<User> {
    const passwordHash = await this.passwords.create(account.password, account);
    return this.work.run(() => this.insert(account, passwordHash, 'admin'));
  }

  private async insert(account: NewAccount, passwordHash: string, role: Role): Promise<User> {
    const createdAt = this.clock.now();
    const id = uuidV7(createdAt, this.random) as UserId;
    const { email, username, fullName } = account;
    const user = await this.users.insert({ id, email, username, fullName, role, passwordHash, createdAt });
    await this.events.append([{ type: 'user.created', userId: id, payload: { role }, at: createdAt }]);
    return user;
  }
}
