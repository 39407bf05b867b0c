import { AsyncResource } from 'node:async_hooks';
import { createTestDatabase, FaultProxy, type TestDatabase } from '@app/testing';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { Database, ServerDriver } from '../src/index.js';

const unexpected = (error: Error): never => {
  throw error;
};

/** Without the context of the caller. */
export const outside = AsyncResource.bind(<T>(work: () => Promise<T>): Promise<T> => work());

export async function milliseconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work.catch(() => undefined);
  return performance.now() - started;
}

/**
 * For the tests of one file: a database of their own behind a proxy, with a table of two rows that each test finds at
 * zero. Drivers that a test opens are closed after it.
 */
export function serverStand() {
  let home: TestDatabase;
  let proxy: FaultProxy;
  const opened: Database[] = [];

  function open(poolSize: number, onIdleError: (error: Error) => void = () => undefined): Database {
    const database = new Database(new ServerDriver(proxy.through(home.url), poolSize, onIdleError));
    opened.push(database);
    return database;
  }

  /** Statements of a bystander, past the proxy. */
  async function aside(...statements: string[]): Promise<pg.QueryResult[]> {
    const client = new pg.Client({ connectionString: home.url });
    await client.connect();
    try {
      const results: pg.QueryResult[] = [];
      for (const statement of statements) results.push(await client.query(statement));
      return results;
    } finally {
      await client.end();
    }
  }

  const bump = (database: Database, id: number): Promise<unknown> =>
    database.query((orm) => orm.execute(sql`update races set hits = hits + 1 where id = ${id}`));

  async function hits(): Promise<number[]> {
    const [result] = await aside('select hits from races order by id');
    return result!.rows.map((row: { hits: number }) => row.hits);
  }

  beforeAll(async () => {
    home = await createTestDatabase((url) => new ServerDriver(url, 1, unexpected).migrate());
    const { hostname, port } = new URL(home.url);
    proxy = await FaultProxy.start({ target: { host: hostname, port: Number(port) } });
    await aside('create table races (id int primary key, hits int not null)');
  });

  beforeEach(() => aside('truncate races', 'insert into races values (1, 0), (2, 0)'));

  afterEach(async () => {
    await proxy.set({ kind: 'pass' });
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });

  afterAll(async () => {
    await proxy.close();
    await home.drop();
  });

  return {
    open,
    aside,
    bump,
    hits,
    /** Between the drivers and the server. */
    proxy: () => proxy,
    url: () => home.url,
  };
}
