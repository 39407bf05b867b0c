import { StoreUnavailableError } from '@app/kernel';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { driverError, isUnavailable } from '../faults.js';
import { migrateServer } from '../migrations.js';
import type { Orm } from '../orm.js';
import { type PoolState, PostgresDriver } from './driver.js';
import type { FeedLink } from './feed-link.js';
import { ServerFeedLink } from './server-feed-link.js';

/**
 * Bounds for one request, in milliseconds. A session check waits at most 300 for a connection and 350 for the
 * answer, so a hung server is reported within 0.7 s, and within 0.9 by a process that was busy. The server's own limits are a little shorter than ours, so
 * that in the normal case it gives up first and stops working on what nobody waits for.
 */
const timeouts = {
  connectionTimeoutMillis: 300,
  query_timeout: 350,
  statement_timeout: 320,
  lock_timeout: 250,
  idle_in_transaction_session_timeout: 1000,
};

/** Session checks are short; a few connections carry tens of thousands a second. */
const checkShare = 0.3;

export class ServerDriver extends PostgresDriver {
  readonly orm: Orm;
  readonly checks: Orm;
  private readonly pool: pg.Pool;
  private readonly checkPool: pg.Pool;
  /** One for each connection, for as long as it lives: statements are prepared through it. */
  private readonly orms = new WeakMap<pg.PoolClient, Orm>();

  /**
   * `onIdleError` hears of connections lost while idle before `close`; without a listener the process would die of them.
   * `patience` takes the place of the bounds where nobody waits for an answer.
   */
  constructor(
    private readonly url: string,
    poolSize: number,
    onIdleError: (error: Error) => void,
    private readonly patience: Partial<typeof timeouts> = {},
  ) {
    super();
    const checkSize = Math.max(1, Math.round(poolSize * checkShare));
    this.pool = this.createPool(Math.max(1, poolSize - checkSize), onIdleError);
    // A pool of one cannot be split; sharing it keeps the operator's limit.
    this.checkPool = poolSize === 1 ? this.pool : this.createPool(checkSize, onIdleError);
    this.orm = drizzle(this.pool);
    this.checks = drizzle(this.checkPool);
  }

  async transaction<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let fault: Error | undefined;
    const onError = (error: Error): void => void (fault = error);
    client.on('error', onError);
    try {
      await client.query('begin');
      const result = await work(this.ormOf(client));
      const { command } = await client.query('commit');
      // A transaction in which a statement failed is rolled back by its commit, without an error.
      if (command === 'ROLLBACK') throw new Error('a failed statement was ignored, so nothing was committed');
      return result;
    } catch (error) {
      fault ??= await rollback(client, error);
      throw error;
    } finally {
      client.off('error', onError);
      client.release(fault);
    }
  }

  openFeedLink(channel: string): FeedLink {
    return new ServerFeedLink(this.url, channel);
  }

  poolState(): PoolState {
    const pools = [...new Set([this.pool, this.checkPool])];
    const sum = (count: (pool: pg.Pool) => number): number =>
      pools.reduce((all, pool) => all + count(pool), 0);
    return {
      total: sum((pool) => pool.totalCount),
      idle: sum((pool) => pool.idleCount),
      waiting: sum((pool) => pool.waitingCount),
    };
  }

  migrate(): Promise<void> {
    return migrateServer(this.url);
  }

  async close(): Promise<void> {
    const open = [this.pool, this.checkPool].filter((pool) => !pool.ending);
    await Promise.all([...new Set(open)].map((pool) => pool.end()));
  }

  private ormOf(client: pg.PoolClient): Orm {
    const orm = this.orms.get(client) ?? drizzle(client);
    this.orms.set(client, orm);
    return orm;
  }

  private createPool(max: number, onIdleError: (error: Error) => void): pg.Pool {
    const pool = new pg.Pool({
      connectionString: this.url,
      max,
      application_name: 'rollcall',
      keepAlive: true,
      // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it, unlike its types say
      onConnect: refuseStandby,
      ...timeouts,
      ...this.patience,
    });
    // The pool does not wait for its connections to end; what happens to them meanwhile is no loss.
    pool.on('error', (error) => {
      if (!pool.ending) onIdleError(error);
    });
    return pool;
  }
}

/**
 * A standby may not know yet what was revoked. A server becomes one only by a restart, which ends its
 * connections, so asking each new connection once is enough.
 */
async function refuseStandby(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ is_standby: boolean }>('select pg_is_in_recovery() as is_standby');
  if (rows[0]?.is_standby) throw Object.assign(new Error('the server is a standby'), { code: '25006' });
}

/** Undefined if the connection is clean again, else the fault for which it must be destroyed. */
async function rollback(client: pg.PoolClient, cause: unknown): Promise<Error | undefined> {
  const told = driverError(cause instanceof StoreUnavailableError ? (cause.cause ?? cause) : cause);
  if (isUnavailable(told) && !(told instanceof pg.DatabaseError)) return told as Error;
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
