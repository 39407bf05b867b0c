import { Clock } from '@app/kernel';
import {
  createTestDatabase,
  eventually,
  FakeClock,
  FaultProxy,
  freePort,
  type TestDatabase,
} from '@app/testing';
import pg from 'pg';
import { Database, DatabaseUnreachableError, openDatabase, SchemaError, ServerDriver } from '../src/index.js';

const onIdleError = (): void => undefined;

let home: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  home = await createTestDatabase((url) => new ServerDriver(url, 1, onIdleError).migrate());
  client = new pg.Client({ connectionString: home.url });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await home.drop();
});

const migrate = (): Promise<void> => new ServerDriver(home.url, 1, onIdleError).migrate();

async function tables(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' order by 1",
  );
  return rows.map(({ name }) => name);
}

async function applied(): Promise<number> {
  const { rows } = await client.query<{ count: string }>('select count(*) from drizzle.__drizzle_migrations');
  return Number(rows[0]!.count);
}

describe('migrations', () => {
  it('are applied once when eight instances start at once on an empty database', async () => {
    const count = await applied();
    await client.query('drop schema public cascade; drop schema drizzle cascade; create schema public');

    await Promise.all(Array.from({ length: 8 }, migrate));

    expect(await applied()).toBe(count);
    expect(await tables()).toEqual([
      'audit_chain',
      'audit_log',
      'audit_verification',
      'avatars',
      'bulk_end_batches',
      'bulk_ends',
      'devices',
      'event_log',
      'event_log_purges',
      'instances',
      'known_networks',
      'log_readers',
      'mail_outbox',
      'networks',
      'oauth_clients',
      'revoked_tokens',
      'rollup_state',
      'rollup_users',
      'rollups',
      'session_shares',
      'sessions',
      'sign_in_failures',
      'signing_keys',
      'spent_challenges',
      'users',
      'webhook_deliveries',
      'webhook_endpoints',
    ]);
  });

  it('wait for the instance that is migrating', async () => {
    await client.query('select pg_advisory_lock(7255500001)');
    let isDone = false;
    const waiting = migrate().then(() => (isDone = true));
    await eventually(
      async () => {
        const { rowCount } = await client.query(
          `select from pg_locks join pg_database on pg_database.oid = pg_locks.database
           where datname = current_database() and locktype = 'advisory' and not granted`,
        );
        return rowCount === 1;
      },
      { describe: 'the second instance waits for the lock' },
    );

    expect(isDone).toBe(false);
    await client.query('select pg_advisory_unlock(7255500001)');
    await waiting;
  });

  it('refuse a schema of a newer version in one line', async () => {
    await client.query(
      "insert into drizzle.__drizzle_migrations (hash, created_at) values ('future', 9999999999999)",
    );

    await expect(migrate()).rejects.toThrow(SchemaError);
    await expect(migrate()).rejects.toThrow(/^The database was migrated by a newer version[^\n]+$/);
    await client.query("delete from drizzle.__drizzle_migrations where hash = 'future'");
    await expect(migrate()).resolves.toBeUndefined();
  });
});

describe(openDatabase.name, () => {
  const open = (url: string, clock: Clock) =>
    openDatabase({ kind: 'server', url, poolSize: 2 }, { clock, onIdleError });

  /** A minute passes between any two looks at the clock. */
  class HurriedClock extends FakeClock {
    override monotonicMs(): number {
      this.advance(60_000);
      return super.monotonicMs();
    }
  }

  it('waits for a server that is still starting', async () => {
    const { hostname, port } = new URL(home.url);
    const proxy = await FaultProxy.start({ target: { host: hostname, port: Number(port) } });
    await proxy.set({ kind: 'refuse' });
    const opening = open(proxy.through(home.url), new FakeClock());
    await proxy.set({ kind: 'pass' });

    const { database, close } = await opening;

    expect(database).toBeInstanceOf(Database);
    await expect(database.ping()).resolves.toBeUndefined();
    await close();
    await proxy.close();
  });

  it('v5.0.0-13.1.3 gives up on a server that refuses, with one line that names it and hides the password', async () => {
    const port = await freePort();

    await expect(open(`postgres://ann:SENTINEL@127.0.0.1:${port}/x`, new HurriedClock())).rejects.toThrow(
      new DatabaseUnreachableError(
        `PostgreSQL at 127.0.0.1:${port} cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`,
      ),
    );
  });

  it('v5.0.0-13.1.3 gives up on a server that accepts and stays silent', async () => {
    const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: await freePort() } });
    await proxy.set({ kind: 'hold' });

    await expect(open(proxy.through(home.url), new HurriedClock())).rejects.toThrow(DatabaseUnreachableError);
    await proxy.close();
  });

  it('does not wait when waiting cannot help', async () => {
    const wrong = new URL(home.url);
    wrong.pathname = '/no_such_database';

    await expect(open(wrong.href, new FakeClock())).rejects.toThrow(
      'database "no_such_database" does not exist',
    );
  });
});
