import { StoreUnavailableError } from '@app/kernel';
import { sql } from 'drizzle-orm';
import { milliseconds, outside, serverStand } from './server-stand.js';
import pg from 'pg';

const { bump, hits, open, url } = serverStand();

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
    const holder = new pg.Client({ connectionString: url() });
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
