import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError, UnitOfWork } from '@app/kernel';
import { DrizzleQueryError, sql } from 'drizzle-orm';
import type { PoolState, PostgresDriver } from './drivers/driver.js';
import { driverError, isRetryable, isUnavailable } from './faults.js';
import type { Orm } from './orm.js';

const attempts = 4;
const maxPauseMs = 25;

/**
 * The only door to PostgreSQL. Every statement goes through `query` or `check`, so that one place decides which
 * failures mean "could not answer" (StoreUnavailableError) and no parameter of a statement reaches a log.
 */
export class Database extends UnitOfWork {
  private readonly ambient = new AsyncLocalStorage<Orm>();

  constructor(private readonly driver: PostgresDriver) {
    super();
  }

  /** Runs statements on the transaction of the caller, or on the pool when there is none. */
  query<T>(use: (orm: Orm) => PromiseLike<T>): Promise<T> {
    return translated(async () => use(this.ambient.getStore() ?? this.driver.orm));
  }

  /** Runs one read of a session check on its own connections. Never part of a transaction. */
  check<T>(use: (orm: Orm) => PromiseLike<T>): Promise<T> {
    return translated(async () => use(this.driver.checks));
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.ambient.getStore()) return work();
    return translated(() => this.runWithRetries(work));
  }

  /** Milliseconds of one trivial statement. */
  async ping(): Promise<void> {
    await this.check((orm) => orm.execute(sql`select 1`));
  }

  poolState(): PoolState {
    return this.driver.poolState();
  }

  migrate(): Promise<void> {
    return this.driver.migrate();
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  private async runWithRetries<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.driver.transaction((orm) => this.ambient.run(orm, work));
      } catch (error) {
        if (attempt === attempts || !isRetryable(unwrapped(error))) throw error;
        await delay(attempt * maxPauseMs * jitter(attempt));
      }
    }
  }
}

/** Spreads the losers of one race; need not be random, only different between processes. */
function jitter(attempt: number): number {
  return ((process.pid * 7919 + attempt * 104_729) % 100) / 100;
}

/** A refusal from inside a transaction already carries its meaning; look at what the store said. */
function unwrapped(error: unknown): unknown {
  return error instanceof StoreUnavailableError ? error.cause : error;
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
