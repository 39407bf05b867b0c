import { AsyncResource } from 'node:async_hooks';
import { StoreUnavailableError } from '@app/kernel';
import { createTestDatabase, eventually, FaultProxy, type TestDatabase } from '@app/testing';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { Database, ServerDriver } from '../src/index.js';

const unexpected = (error: Error): never => {
  throw error;
};

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

/** Without the context of the caller. */
const outside = AsyncResource.bind(<T>(work: () => Promise<T>): Promise<T> => work());

const bump = (database: Database, id: number): Promise<unknown> =>
  database.query((orm) => orm.execute(sql`update races set hits = hits + 1 where id = ${id}`));

async function hits(): Promise<number[]> {
  const [result] = await aside('select hits from races order by id');
  return result!.rows.map((row: { hits: number }) => row.hits);
}

async function milliseconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work.catch(() => undefined);
  return performance.now() - started;
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

describe('races', () => {
  it('v5.0.0-15.4.2 both of two writers on one snapshot succeed: the loser of the serialisation runs again', async () => {
    const database = open(10);
    let attempts = 0;
    let arrived = 0;
    let start = (): void => undefined;
    const bothHaveRead = new Promise<void>((resolve) => (start = resolve));
    const increment = (): Promise<void> =>
      database.run(async () => {
        attempts += 1;
        await database.query((orm) => orm.execute(sql`set transaction isolation level repeatable read`));
        await database.query((orm) => orm.execute(sql`select * from races`));
        arrived += 1;
        if (arrived === 2) start();
        await bothHaveRead;
        await bump(database, 1);
      });

    await Promise.all([increment(), increment()]);

    expect(attempts).toBe(3);
    expect(await hits()).toEqual([2, 0]);
  });

  it('v5.0.0-15.4.3 both of two writers that lock each other out succeed: the victim of the deadlock runs again', async () => {
    const database = open(10);
    let attempts = 0;
    let arrived = 0;
    let start = (): void => undefined;
    const bothHaveLocked = new Promise<void>((resolve) => (start = resolve));
    const inOrder = (first: number, second: number): Promise<void> =>
      database.run(async () => {
        attempts += 1;
        await database.query((orm) => orm.execute(sql`set local deadlock_timeout = '20ms'`));
        await bump(database, first);
        arrived += 1;
        if (arrived === 2) start();
        await bothHaveLocked;
        await bump(database, second);
      });

    await Promise.all([inOrder(1, 2), inOrder(2, 1)]);

    expect(attempts).toBe(3);
    expect(await hits()).toEqual([2, 2]);
  });
});

describe('limits', () => {
  it('v5.0.0-15.4.3 does not wait longer than a moment for a row that somebody else holds', async () => {
    const database = open(10);
    const holder = new pg.Client({ connectionString: home.url });
    await holder.connect();
    await holder.query('begin; update races set hits = 99 where id = 1');

    const refused = bump(database, 1);

    expect(await milliseconds(refused)).toBeLessThan(700);
    await expect(refused).rejects.toThrow(StoreUnavailableError);
    await holder.query('rollback');
    await holder.end();
    await bump(database, 1);
    expect(await hits()).toEqual([1, 0]);
  });

  it('v5.0.0-13.2.6 reports a statement that takes too long, and serves the next one', async () => {
    const database = open(1);
    const slow = database.query((orm) => orm.execute(sql`select pg_sleep(5)`));

    expect(await milliseconds(slow)).toBeLessThan(700);
    await expect(slow).rejects.toThrow(StoreUnavailableError);
    await expect(database.ping()).resolves.toBeUndefined();
  });

  it('v5.0.0-13.2.6 reports an exhausted pool within its time-out and recovers by itself', async () => {
    const database = open(1);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holder = database.run(async () => {
      await bump(database, 1);
      await held;
    });
    const refused = database.query((orm) => orm.execute(sql`select 1`));

    expect(await milliseconds(refused)).toBeLessThan(700);
    await expect(refused).rejects.toThrow(StoreUnavailableError);
    release();
    await holder;
    await expect(database.ping()).resolves.toBeUndefined();
  });

  it('answers session checks while every other connection is held by slow writes', async () => {
    const database = open(4);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holders = [1, 2, 3].map(() =>
      database.run(async () => {
        await database.query((orm) => orm.execute(sql`select 1`));
        await held;
      }),
    );

    await expect(database.check((orm) => orm.execute(sql`select 1`))).resolves.toBeDefined();
    await expect(database.query((orm) => orm.execute(sql`select 1`))).rejects.toThrow(StoreUnavailableError);

    release();
    await Promise.all(holders);
  });

  it('never opens more connections than the pool may have', async () => {
    const database = open(5);
    const sleep = () => sql`select pg_sleep(0.05)`;
    const running = [...Array(10).keys()].map((index) =>
      index % 2 === 0
        ? database.query((orm) => orm.execute(sleep()))
        : database.check((orm) => orm.execute(sleep())),
    );
    await Promise.all(running);

    expect(database.poolState().total).toBe(5);
  });
});

describe('transactions that overlap', () => {
  it('stay what they are for their caller when another one ends meanwhile, and leave nothing behind', async () => {
    const database = open(10);
    let isTold = false;
    await database.run(async () => {
      await bump(database, 1);
      await Promise.all([1, 2].map(() => database.run(async () => undefined)));
      await new Promise<void>((resolve, reject) => {
        // From outside, as another request would.
        void outside(() => database.run(() => bump(database, 2))).then(() => resolve(), reject);
      });
      await bump(database, 1);
      expect(await hits()).toEqual([0, 1]);
      database.afterCommit(() => (isTold = true));
    });

    expect(await hits()).toEqual([2, 1]);
    expect(isTold).toBe(true);
    expect(() => database.afterCommit(() => undefined)).toThrow('outside a unit of work');
  });
});

describe('broken connections', () => {
  it('says that it could not answer when the server drops the connection in the middle of the work', async () => {
    const database = open(1);
    const work = database.run(async () => {
      await bump(database, 1);
      await aside(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rollcall'",
      );
      await bump(database, 2);
    });

    await expect(work).rejects.toThrow(StoreUnavailableError);
    expect(await hits()).toEqual([0, 0]);
    await expect(database.ping()).resolves.toBeUndefined();
  });

  it('tells about a connection that was lost while idle, and opens another one', async () => {
    const lost: Error[] = [];
    const database = open(1, (error) => lost.push(error));
    await database.ping();
    await proxy.set({ kind: 'reset' });
    await eventually(() => lost.length > 0, { describe: 'the loss is reported' });
    await proxy.set({ kind: 'pass' });

    await expect(database.ping()).resolves.toBeUndefined();
    expect(lost).toHaveLength(1);
  });

  it('does not call a connection lost that the server drops while it is being closed', async () => {
    const lost: Error[] = [];
    const database = open(1, (error) => lost.push(error));
    await database.ping();
    await proxy.set({ kind: 'hold', direction: 'upstream' });
    await database.close();
    const received = proxy.counters.downstream;
    await aside("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rollcall'");
    await eventually(() => proxy.counters.downstream > received, { describe: 'the last words arrive' });
    await proxy.set({ kind: 'pass' });
    await open(1).ping();

    expect(lost).toEqual([]);
  });

  it('says that it could not answer when the answer does not come, and never uses that connection again', async () => {
    const database = open(1);
    await database.ping();
    const before = proxy.counters.connections;
    await proxy.set({ kind: 'hold' });
    const unanswered = database.query((orm) => orm.execute(sql`select 1`));

    expect(await milliseconds(unanswered)).toBeLessThan(700);
    await expect(unanswered).rejects.toThrow(StoreUnavailableError);
    await proxy.set({ kind: 'pass' });
    await database.ping();
    expect(proxy.counters.connections).toBe(before + 1);
  });

  it('destroys the connection of work that timed out, even if the answer comes a moment later', async () => {
    const database = open(1);
    await database.ping();
    const before = proxy.counters.connections;
    const work = database.run(async () => {
      await bump(database, 1);
      await proxy.set({ kind: 'hold' });
      await bump(database, 2);
    });

    await expect(work).rejects.toThrow(StoreUnavailableError);
    await proxy.set({ kind: 'pass' });
    await database.ping();
    expect(proxy.counters.connections).toBe(before + 1);
    expect(await hits()).toEqual([0, 0]);
  });

  it('does not spend a second time-out on rolling back over a silent connection', async () => {
    const database = open(1);
    const work = database.run(async () => {
      await bump(database, 1);
      await proxy.set({ kind: 'hold' });
      await bump(database, 2);
    });

    expect(await milliseconds(work)).toBeLessThan(600);
  });

  it('P6 does not run work again whose commit was not confirmed: it may have happened', async () => {
    const database = open(1);
    let attempts = 0;
    const work = database.run(async () => {
      attempts += 1;
      await bump(database, 1);
      await proxy.set({ kind: 'hold', direction: 'downstream' });
    });

    await expect(work).rejects.toThrow(StoreUnavailableError);
    await eventually(async () => (await hits())[0] === 1, { describe: 'the commit takes effect' });
    expect(attempts).toBe(1);
  });

  it('says that it could not answer while nobody listens', async () => {
    const database = open(4);
    await proxy.set({ kind: 'refuse' });
    const attempts = [database.ping(), database.run(() => bump(database, 1)), bump(database, 1)];

    const outcomes = await Promise.allSettled(attempts);

    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual(
      attempts.map(() => expect.any(StoreUnavailableError)),
    );
    await proxy.set({ kind: 'pass' });
    await expect(database.ping()).resolves.toBeUndefined();
  });
});
