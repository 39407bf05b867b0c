import { UnitOfWork } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { AccountCreation, type NewAccount } from './account-creation.js';
import { Passwords } from './passwords.js';
import type { SignInWish } from './session-opening.js';
import { SignIn } from './sign-in.js';
import type { SignedIn } from './token-issuer.js';

/** People who make an account for themselves. */
@Injectable()
export class Registration {
  constructor(
    private readonly accounts: AccountCreation,
    private readonly passwords: Passwords,
    private readonly signIn: SignIn,
    private readonly work: UnitOfWork,
  ) {}

  /** Creates a user and signs in. Throws PasswordRefusedError, EmailTakenError or UsernameTakenError. */
  async register(account: NewAccount, wish: SignInWish): Promise<SignedIn> {
    const passwordHash = await this.passwords.create(account.password, account);
    return this.work.run(async () => {
      const user = await this.accounts.insert(account, { passwordHash, role: 'user' });
      return this.signIn.afterRegistration(user, wish);
    });
  }
}
