import type { PasswordsConfig } from '@app/config';
import { Bulkhead, ServerSecret } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type Algorithm, hash, parseOptions, verify } from '@node-rs/argon2';
import { passwordsConfigToken } from '../../auth.config.js';
import { PasswordHasher } from '../../domain/password-hasher.js';
import { normalizePassword } from '../../domain/password-policy.js';

/** The library declares its constants in a way that single-file compilation cannot read. */
const argon2id: Algorithm.Argon2id = 2;

/** Enough for a burst of sign-ins to wait about three seconds; beyond that an early refusal is kinder. */
const maxWaiting = 400;

/**
 * Argon2id with a pepper derived from SECRET_KEY, so a stolen table alone cannot be guessed at
 * (NIST SP 800-63B-4 §3.1.1.2). Hashes run on libuv's threads behind a bulkhead: without one, a flood of
 * sign-ins would take every core from the session checks.
 */
@Injectable()
export class Argon2PasswordHasher extends PasswordHasher {
  private readonly bulkhead: Bulkhead;
  private readonly pepper: Buffer;

  constructor(
    @Inject(passwordsConfigToken) private readonly config: PasswordsConfig,
    secret: ServerSecret,
  ) {
    super();
    this.bulkhead = new Bulkhead({ concurrent: config.concurrency, waiting: maxWaiting });
    this.pepper = secret.deriveKey('rollcall/password-pepper/v1');
  }

  hash(password: string): Promise<string> {
    const options = {
      algorithm: argon2id,
      memoryCost: this.config.memoryKib,
      timeCost: this.config.iterations,
      parallelism: 1,
      secret: this.pepper,
    };
    return this.bulkhead.run(() => hash(normalizePassword(password), options));
  }

  verify(password: string, stored: string): Promise<boolean> {
    return this.bulkhead.run(() => verify(stored, normalizePassword(password), { secret: this.pepper }));
  }

  isOutdated(stored: string): boolean {
    const { memoryCost, timeCost } = parseOptions(stored);
    return memoryCost < this.config.memoryKib || timeCost < this.config.iterations;
  }
}
