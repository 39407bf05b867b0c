import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BreakerState,
  CircuitBreaker,
  type Clock,
  StoreUnavailableError,
  SystemClock,
  UnitOfWork,
} from '@app/kernel';
import { tracing } from '@app/telemetry';
import { DrizzleQueryError, type SQL, sql } from 'drizzle-orm';
import type { PoolState, PostgresDriver } from './drivers/driver.js';
import type { FeedLink } from './drivers/feed-link.js';
import { driverError, isOwnTimeout, isRetryable, isUnavailable } from './faults.js';
import { schemaState, type SchemaState } from './migrations.js';
import type { Orm } from './orm.js';
import { TurnWatch } from './turn-watch.js';

const spanFacts = { 'db.system.name': 'postgresql' };

const attempts = 4;
const maxPauseMs = 25;

/**
 * A check that would only wait for its time-out is refused at once. The feed asks several times a second and
 * closes the breaker when it is answered; the trial is for a feed that cannot.
 */
const checkBreaker = { threshold: 3, trialPauseMs: 2_000 };

/** Milliseconds that a timer of this process must be late for it to have been too busy to see answers in time. */
const busyMs = 100;

/** Milliseconds for which a check is tried again then. */
const againMs = 200;

interface AmbientTransaction {
  readonly orm: Orm;
  readonly effects: (() => void)[];
}

/**
 * The only door to PostgreSQL. Every statement goes through `query` or `check`, so that one place decides which
 * failures mean "could not answer" (StoreUnavailableError) and no parameter of a statement reaches a log.
 */
export class Database extends UnitOfWork {
  private readonly ambient = new AsyncLocalStorage<AmbientTransaction>();
  private openTransactions = 0;

  private readonly breaker: CircuitBreaker;

  constructor(
    private readonly driver: PostgresDriver,
    private readonly clock: Clock = new SystemClock(),
    onBreaker: (state: BreakerState) => void = () => undefined,
  ) {
    super();
    this.breaker = new CircuitBreaker(clock, { ...checkBreaker, onChange: onBreaker });
  }

  /** Runs statements on the transaction of the caller, or on the pool when there is none. */
  query<T>(use: (orm: Orm) => PromiseLike<T>): Promise<T> {
    const work = () => translated(async () => use(this.ambient.getStore()?.orm ?? this.driver.orm));
    return tracing.isOn ? tracing.span('postgres query', work, spanFacts) : work();
  }

  /** The rows of one statement that no builder can express, as the driver gives them; runs it as `query` does. */
  async rows<Row>(statement: SQL): Promise<Row[]> {
    const result = await this.query((orm) => orm.execute(statement));
    return (result as { rows: Row[] }).rows;
  }

  /** Runs one read of a session check on its own connections. Never part of a transaction. */
  check<T>(use: (orm: Orm) => PromiseLike<T>): Promise<T> {
    return tracing.isOn
      ? tracing.span('postgres check', () => this.checked(use), spanFacts)
      : this.checked(use);
  }

  /**
   * Time-outs are measured by this process: in a long turn of its event loop they run out although the answer may lie in
   * the socket. That says nothing about the server, so the read is done once more, briefly.
   */
  private async checked<T>(use: (orm: Orm) => PromiseLike<T>): Promise<T> {
    if (!this.breaker.admits()) throw new StoreUnavailableError('postgres');
    const read = (): Promise<T> => translated(async () => use(this.driver.checks));
    const turns = new TurnWatch(this.clock);
    try {
      const result = await read().catch((error: unknown) => {
        if (!isOwnTimeout(unwrapped(error)) || turns.latestMs < busyMs) throw error;
        return Promise.race([read(), soon()]);
      });
      this.breaker.succeeded();
      return result;
    } catch (error) {
      if (error instanceof StoreUnavailableError) this.breaker.failed();
      throw error;
    } finally {
      turns.stop();
    }
  }

  /** What the feed or a probe saw when it asked the server. */
  noteAnswering(isAnswering: boolean): void {
    if (isAnswering) this.breaker.succeeded();
    else this.breaker.failed();
  }

  /** Open: session checks are refused at once, but for a trial now and then. */
  get breakerState(): BreakerState {
    return this.breaker.state;
  }

  openFeedLink(channel: string): FeedLink {
    return this.driver.openFeedLink(channel);
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.ambient.getStore()) return work();
    const transaction = () => translated(() => this.runWithRetries(work));
    return tracing.isOn ? tracing.span('postgres transaction', transaction, spanFacts) : transaction();
  }

  async claim(job: string): Promise<boolean> {
    const transaction = this.ambient.getStore();
    if (!transaction) throw new Error('claim is called outside a unit of work');
    const [claimed] = await this.rows<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended(${`rollcall/${job}`}, 0)) as mine`,
    );
    return claimed!.mine;
  }

  afterCommit(effect: () => void): void {
    const transaction = this.ambient.getStore();
    if (!transaction) throw new Error('afterCommit is called outside a unit of work');
    transaction.effects.push(effect);
  }

  /** One trivial statement, past the breaker: a probe wants to know, not to be spared. */
  async ping(): Promise<void> {
    await translated(async () => this.driver.checks.execute(sql`select 1`));
    this.noteAnswering(true);
  }

  poolState(): PoolState {
    return this.driver.poolState();
  }

  /** How the schema stands to this version; asks and changes nothing. */
  schemaState(): Promise<SchemaState> {
    return this.query((orm) => schemaState(orm));
  }

  migrate(): Promise<void> {
    return this.driver.migrate();
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  /**
   * While the storage is in use, Node 20 calls a hook for every promise of the process, those of requests without a
   * transaction too, which makes a session check a quarter dearer. So it is switched off with the last transaction.
   */
  private async within<T>(transaction: AmbientTransaction, work: () => Promise<T>): Promise<T> {
    this.openTransactions += 1;
    try {
      return await this.ambient.run(transaction, work);
    } finally {
      this.openTransactions -= 1;
      if (this.openTransactions === 0) this.ambient.disable();
    }
  }

  private async runWithRetries<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        // Of an attempt that failed nothing remains, its effects included.
        const effects: (() => void)[] = [];
        const result = await this.driver.transaction((orm) => this.within({ orm, effects }, work));
        for (const effect of effects) effect();
        return result;
      } catch (error) {
        if (attempt === attempts || !isRetryable(unwrapped(error))) throw error;
        await delay(attempt * maxPauseMs * jitter(attempt));
      }
    }
  }
}

/** Rejects after `againMs`, and after what has arrived by then was read. */
function soon(): Promise<never> {
  const refusal = new StoreUnavailableError('postgres');
  return new Promise((_, reject) => {
    setTimeout(() => setImmediate(() => reject(refusal)), againMs).unref();
  });
}

/** Spreads the losers of one race; need not be random, only different between processes. */
function jitter(attempt: number): number {
  return ((process.pid * 7919 + attempt * 104_729) % 100) / 100;
}

/** A refusal from inside a transaction already carries its meaning; look at what the store said. */
function unwrapped(error: unknown): unknown {
  return error instanceof StoreUnavailableError ? (error.cause ?? error) : error;
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw error;
    if (isUnavailable(error)) throw new StoreUnavailableError('postgres', driverError(error));
    throw error instanceof DrizzleQueryError ? driverError(error) : error;
  }
}
