import { RandomSource } from '@app/kernel';
import { EmailTakenError, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { AccountCreation } from './account-creation.js';

export interface FirstAdministrator {
  readonly email: string;
  /** Set only when it was made here; it is shown once and cannot be read again. */
  readonly generatedPassword: string | null;
}

const defaultEmail = 'admin@rollcall.local';

/** Makes sure that somebody can administer a fresh installation, without any well-known password. */
@Injectable()
export class FirstAdministratorSetup {
  constructor(
    private readonly users: UserRepository,
    private readonly accounts: AccountCreation,
    private readonly random: RandomSource,
  ) {}

  /**
   * Creates the first administrator if there is none. Without a given password one is made only if
   * `mayGenerate`: printing secrets suits a single embedded process, not a fleet. Null if nothing was created;
   * of several instances that start together one creates it.
   */
  async ensure(wish: {
    email?: string;
    password?: string;
    mayGenerate: boolean;
  }): Promise<FirstAdministrator | null> {
    if (!wish.password && !wish.mayGenerate) return null;
    if (await this.users.hasAdministrator()) return null;
    const email = wish.email ?? defaultEmail;
    const generatedPassword = wish.password ? null : this.random.bytes(18).toString('base64url');
    try {
      await this.accounts.createAdministrator({
        email,
        password: wish.password ?? generatedPassword!,
        username: null,
        fullName: 'Administrator',
      });
      return { email, generatedPassword };
    } catch (error) {
      if (error instanceof EmailTakenError) return null;
      throw error;
    }
  }
}
