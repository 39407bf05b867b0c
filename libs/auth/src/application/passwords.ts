import type { PasswordsConfig } from '@app/config';
import { RandomSource } from '@app/kernel';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { passwordsConfigToken } from '../auth.config.js';
import { PasswordRefusedError } from '../domain/auth.errors.js';
import { CommonPasswords } from '../domain/common-passwords.js';
import { PasswordHasher } from '../domain/password-hasher.js';
import {
  maxPasswordCodePoints,
  type PasswordContext,
  passwordLength,
  refusalOf,
} from '../domain/password-policy.js';

/** Sets and checks passwords: the policy, the hash and the price of an unknown account. */
@Injectable()
export class Passwords implements OnModuleInit {
  private decoy: Promise<string> | null = null;

  constructor(
    private readonly hasher: PasswordHasher,
    private readonly common: CommonPasswords,
    private readonly random: RandomSource,
    @Inject(passwordsConfigToken) private readonly config: PasswordsConfig,
  ) {}

  /** Made early, so that the first unknown account is answered no later than the others. */
  async onModuleInit(): Promise<void> {
    await this.decoyHash();
  }

  /** Throws PasswordRefusedError, which names `field`, when the policy refuses the password. */
  async create(password: string, context: PasswordContext, field = 'password'): Promise<string> {
    const reason = refusalOf(password, context, {
      minLength: this.config.minLength,
      isCommon: (candidate) => this.common.includes(candidate),
    });
    if (reason) throw new PasswordRefusedError(field, reason);
    return this.hasher.hash(password);
  }

  /**
   * True if the password is the one behind `storedHash`. For an unknown account pass null: a decoy hash is
   * checked all the same, so that the answer takes as long (ASVS v5.0.0-6.3.8).
   */
  async matches(password: string, storedHash: string | null): Promise<boolean> {
    if (passwordLength(password) > maxPasswordCodePoints) return false;
    const isRight = await this.hasher.verify(password, storedHash ?? (await this.decoyHash()));
    return isRight && storedHash !== null;
  }

  /** A fresh hash when today's parameters are stronger than those of the stored one, else null. */
  async rehash(password: string, storedHash: string): Promise<string | null> {
    return this.hasher.isOutdated(storedHash) ? this.hasher.hash(password) : null;
  }

  /** Made once, with the same parameters as real ones; nobody knows its password. */
  private decoyHash(): Promise<string> {
    this.decoy ??= this.hasher.hash(this.random.bytes(32).toString('base64')).catch((error: unknown) => {
      // Kept, the refusal of one busy moment would answer every unknown account from then on.
      this.decoy = null;
      throw error;
    });
    return this.decoy;
  }
}
