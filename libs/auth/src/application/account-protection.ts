import type { RateLimitConfig } from '@app/config';
import { Clock, KeyedQueue, networkOf, OverloadedError, type UserId } from '@app/kernel';
import { rateLimitConfigToken, RateLimitedError, SubjectDigests } from '@app/rate-limit';
import { Log, Metrics } from '@app/telemetry';
import type { LoginName, User } from '@app/users';
import { Inject, Injectable } from '@nestjs/common';
import { InvalidCredentialsError } from '../domain/auth.errors.js';
import { FailureLedger, type LedgerEntry } from '../domain/protection/failure-ledger.js';
import {
  type AccountStanding,
  counted,
  type Demand,
  demandOf,
  leastBits,
  standingBy,
  strictest,
} from '../domain/protection/failures.js';
import { KnownDevices } from '../domain/protection/known-devices.js';
import type { Challenge, ProofBinding } from '../domain/protection/proof-of-work.js';
import { ChallengeRequiredError } from '../domain/protection/protection.errors.js';
import { accountOf, accountsOf } from './account-digests.js';
import { Challenges } from './challenges.js';

/** All strangers together may fail so many times as often as one of them. */
const strangersFactor = 4;

/** Attempts on one account that may wait for each other, per instance. */
const maxWaiting = 500;

/** Attempts on other instances that may come in between. */
const maxOvertakings = 10;

export interface Attempt {
  readonly login: LoginName;
  /** Null: there is no such account, of which the attempt must not tell. */
  readonly user: User | null;
  readonly address: string;
  /** Answer to a challenge, if there is one. */
  readonly proof: string | null;
}

/** What failures are counted for, and how many are free. */
interface Counter {
  readonly subject: string;
  readonly free: number;
}

/**
 * Slows guessing down without locking anybody out. Failures in a row are counted per account name and network, and
 * for all strangers to an account together; from the fifth on (strangers together: the twentieth) each brings a
 * wait of 30 s, doubling to an hour, and the next attempt needs a proof of work. A device that the owner is known by
 * has a counter of its own that nobody else moves. Waits end by themselves; a success clears them.
 *
 * An attempt counts as failed before its password is looked at, so any number of parallel ones are no way around.
 * Accounts that do not exist are counted and answered alike.
 */
@Injectable()
export class AccountProtection {
  private readonly turns = new KeyedQueue(maxWaiting);

  constructor(
    private readonly ledger: FailureLedger,
    private readonly devices: KnownDevices,
    private readonly challenges: Challenges,
    private readonly digests: SubjectDigests,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly log: Log,
    @Inject(rateLimitConfigToken) private readonly config: RateLimitConfig,
  ) {}

  /**
   * Runs `verify` if the attempt is heard. An InvalidCredentialsError of it is a failure, any other error is none,
   * and a result is a success. Throws RateLimitedError or ChallengeRequiredError if the attempt is not heard.
   */
  async guard<T>(attempt: Attempt, verify: () => Promise<T>): Promise<T> {
    if (!this.config.enabled) return verify();
    const account = accountOf(this.digests, attempt.login);
    return this.turns.run(account, () => this.inTurn(attempt, account, verify));
  }

  /** Whoever has just proven who they are is known there from now on. Joins the caller's unit of work. */
  async welcome(userId: UserId, address: string): Promise<void> {
    if (this.config.enabled) await this.devices.remember({ userId, network: networkOf(address).narrow });
  }

  /** A challenge for the account of the given digest, as hard as the next attempt from there will need it. */
  async challenge(binding: ProofBinding, address: string): Promise<Challenge> {
    const counters = [true, false].flatMap((isKnown) => this.countersOf(binding.account, address, isKnown));
    const { bits } = await this.demandOf(counters);
    return this.challenges.issue(binding, Math.max(leastBits, bits));
  }

  /** Ends all waits of a user, for administrators. */
  async unlock(user: Pick<User, 'email' | 'username'>): Promise<void> {
    await this.ledger.forgiveAccounts(accountsOf(this.digests, user));
  }

  /** How all strangers together stand to the account of that name, whether or not there is one. */
  async standingOf(login: LoginName): Promise<AccountStanding> {
    const free = this.config.account.limit * strangersFactor;
    const subject = this.digests.of(`strangers:${accountOf(this.digests, login)}`);
    const record = (await this.ledger.read([subject])).get(subject) ?? null;
    return standingBy(record, free, this.clock.now().getTime());
  }

  /** Ends all waits for that name; its digest, by which the log can tell of it. */
  async forgive(login: LoginName): Promise<string> {
    const account = accountOf(this.digests, login);
    await this.ledger.forgiveAccounts([account]);
    return account;
  }

  private async inTurn<T>(attempt: Attempt, account: string, verify: () => Promise<T>): Promise<T> {
    const network = networkOf(attempt.address).narrow;
    const isKnown = await this.devices.isKnown({ userId: attempt.user?.id ?? null, network });
    const before = await this.count(attempt, account, this.countersOf(account, attempt.address, isKnown));
    let result: T;
    try {
      result = await verify();
    } catch (error) {
      if (!(error instanceof InvalidCredentialsError)) await this.unwound(before);
      throw error;
    }
    await this.succeeded(attempt);
    return result;
  }

  /** Counts the attempt and returns what stood before. */
  private async count(
    attempt: Attempt,
    account: string,
    counters: readonly Counter[],
  ): Promise<LedgerEntry[]> {
    let proven = 0;
    for (let overtakings = 0; overtakings < maxOvertakings; overtakings += 1) {
      const now = this.clock.now();
      const records = await this.ledger.read(counters.map(({ subject }) => subject));
      const demand = strictest(
        counters.map(({ subject, free }) =>
          demandOf(records.get(subject) ?? null, this.limits(free), now.getTime()),
        ),
      );
      if (demand.waitMs > 0)
        throw this.refused('signin.delayed', attempt, new RateLimitedError(demand.waitMs));
      if (demand.bits > proven) proven = await this.prove(attempt, account, demand);
      const entries = counters.map(({ subject, free }) => ({
        subject,
        account,
        userId: attempt.user?.id ?? null,
        record: counted(records.get(subject) ?? null, this.limits(free), now.getTime()),
      }));
      if (await this.ledger.count(entries, now)) {
        this.metrics.rateLimits.inc('account', 'allowed');
        return entries.map((entry) => {
          const { failures, forgottenAt } = entry.record;
          const waitUntil = records.get(entry.subject)?.waitUntil ?? now.getTime();
          return { ...entry, record: { failures: failures - 1, waitUntil, forgottenAt } };
        });
      }
    }
    throw new OverloadedError();
  }

  /** The bits proven. An answer is used up by being right, whatever the password is. */
  private async prove(attempt: Attempt, account: string, { bits }: Demand): Promise<number> {
    const binding: ProofBinding = { action: 'signin', account };
    const { proof } = attempt;
    if (proof !== null && (await this.challenges.redeem(proof, binding, bits))) return bits;
    const error = new ChallengeRequiredError(await this.challenges.issue(binding, bits), binding);
    throw this.refused('signin.challenged', attempt, error);
  }

  /** The session exists by now; what cannot be cleared is forgotten by itself. */
  private async succeeded({ user, address }: Attempt): Promise<void> {
    if (!user) return;
    const counters = accountsOf(this.digests, user).flatMap((account) =>
      [true, false].flatMap((isKnown) => this.countersOf(account, address, isKnown)),
    );
    try {
      await this.ledger.forgive(counters.map(({ subject }) => subject));
      await this.welcome(user.id, address);
    } catch (error) {
      this.log.error('signin.not_forgiven', error, { user_id: user.id });
    }
  }

  /** Nobody has found out whether the password is right. */
  private async unwound(before: readonly LedgerEntry[]): Promise<void> {
    await this.ledger.takeBack(before).catch(() => undefined); // Then it counts as a failure.
  }

  private async demandOf(counters: readonly Counter[]): Promise<Demand> {
    const now = this.clock.now().getTime();
    const records = await this.ledger.read(counters.map(({ subject }) => subject));
    return strictest(
      counters.map(({ subject, free }) => demandOf(records.get(subject) ?? null, this.limits(free), now)),
    );
  }

  private countersOf(account: string, address: string, isKnown: boolean): Counter[] {
    const { narrow } = networkOf(address);
    const { limit } = this.config.account;
    if (isKnown) return [{ subject: this.digests.of(`known:${account}:${narrow}`), free: limit }];
    return [
      { subject: this.digests.of(`stranger:${account}:${narrow}`), free: limit },
      { subject: this.digests.of(`strangers:${account}`), free: limit * strangersFactor },
    ];
  }

  private limits(free: number) {
    return { free, memoryMs: this.config.account.seconds * 1_000 };
  }

  private refused<E extends Error>(event: string, { user, address }: Attempt, error: E): E {
    this.metrics.rateLimits.inc('account', 'refused');
    this.log.warn(event, { user_id: user?.id ?? null, address });
    return error;
  }
}
