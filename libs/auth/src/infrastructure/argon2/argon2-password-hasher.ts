import type { PasswordsConfig } from '@app/config';
import { Bulkhead, ServerSecret } from '@app/kernel';
import { tracing } from '@app/telemetry';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Algorithm, type Options, parseOptions } from '@node-rs/argon2';
import { Piscina } from 'piscina';
import { passwordsConfigToken } from '../../auth.config.js';
import { PasswordHasher } from '../../domain/password-hasher.js';
import { normalizePassword } from '../../domain/password-policy.js';

/** The library declares its constants in a way that single-file compilation cannot read. */
const argon2id: Algorithm.Argon2id = 2;

/** Enough for a burst of sign-ins to wait about three seconds; beyond that an early refusal is kinder. */
const maxWaiting = 400;

/**
 * A tenth of a core that session checks fill, so that nobody waits for ever to sign in (ASVS v5.0.0-15.4.4). At 19 the
 * 99th percentile of checks was an eighth lower, and a hundredth of a full core is no sign-in at all. Only Linux has
 * priorities of threads: elsewhere this would slow the whole process.
 */
const niceness = process.platform === 'linux' ? 10 : 0;

/** One thread stays, so that a sign-in waits for no start; the others give their 10 MB back. */
const idleThreads = { minThreads: 1, idleTimeout: 60_000 };

/**
 * Argon2id with a pepper derived from SECRET_KEY, so a stolen table alone cannot be guessed at
 * (NIST SP 800-63B-4 §3.1.1.2). Hashes run on threads of low priority behind a bulkhead: a flood of sign-ins would take
 * the cores from the session checks (ADR 11).
 *
 * Failure modes: OverloadedError. A thread that ends takes its hash with it, which rejects; the next has another thread.
 */
@Injectable()
export class Argon2PasswordHasher extends PasswordHasher implements OnApplicationShutdown {
  private readonly bulkhead: Bulkhead;
  private readonly threads: Piscina;
  /** A copy of its own: what is sent to a thread takes the whole buffer along that it is a view of. */
  private readonly pepper: Uint8Array;

  constructor(
    @Inject(passwordsConfigToken) private readonly config: PasswordsConfig,
    secret: ServerSecret,
  ) {
    super();
    this.bulkhead = new Bulkhead({ concurrent: config.concurrency, waiting: maxWaiting });
    this.pepper = new Uint8Array(secret.deriveKey('rollcall/password-pepper/v1'));
    this.threads = new Piscina({
      filename: new URL('./hashing-thread.js', import.meta.url).href,
      maxThreads: config.concurrency,
      niceIncrement: niceness,
      ...idleThreads,
    });
    // Of a thread that ended while it had nothing to do. Unheard, it would end the process; what lasts, the next hash tells.
    this.threads.on('error', () => undefined);
  }

  hash(password: string): Promise<string> {
    const options: Options = {
      algorithm: argon2id,
      memoryCost: this.config.memoryKib,
      timeCost: this.config.iterations,
      parallelism: 1,
      secret: this.pepper,
    };
    return this.onThread('hash', { password: normalizePassword(password), options });
  }

  verify(password: string, stored: string): Promise<boolean> {
    const options: Options = { secret: this.pepper };
    return this.onThread('verify', { password: normalizePassword(password), stored, options });
  }

  isOutdated(stored: string): boolean {
    const { memoryCost, timeCost } = parseOptions(stored);
    return memoryCost < this.config.memoryKib || timeCost < this.config.iterations;
  }

  /** Whoever was waiting for a hash has been answered by now. */
  async onApplicationShutdown(): Promise<void> {
    await this.threads.destroy();
  }

  private onThread<T>(name: string, task: object): Promise<T> {
    return tracing.span(`password ${name}`, () =>
      this.bulkhead.run(() => this.threads.run(task, { name }) as Promise<T>),
    );
  }
}
