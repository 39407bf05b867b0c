import { StoreUnavailableError } from '@app/kernel';
import { eventually } from '@app/testing';
import { sql } from 'drizzle-orm';
import { preparedOnce } from '../src/index.js';
import { milliseconds, serverStand } from './server-stand.js';

const { aside, bump, hits, open, proxy } = serverStand();

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

  it('prepares a statement anew on the connection after the one that was lost, and on a table made anew', async () => {
    const database = open(1);
    const count = preparedOnce((orm) =>
      orm
        .select({ rows: sql<number>`count(*)::int` })
        .from(sql`races`)
        .prepare('count_races'),
    );
    const counted = () =>
      database.run(async () => (await database.query((orm) => count(orm).execute()))[0]!.rows);
    expect(await counted()).toBe(2);
    await aside("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rollcall'");
    await counted().catch(() => undefined);

    expect(await counted()).toBe(2);
    await aside('alter table races rename to old', 'create table races (like old)', 'drop table old');
    expect(await counted()).toBe(0);
  });

  it('reads again what came while this process was too busy to see it in time', async () => {
    const database = open(4);
    await database.check((orm) => orm.execute(sql`select 1`));
    const checking = database.check((orm) => orm.execute(sql`select 1`));
    await new Promise(setImmediate);
    const busyUntil = performance.now() + 600;
    while (performance.now() < busyUntil);

    await expect(checking).resolves.toBeDefined();
    expect(database.breakerState).toBe('closed');
  });

  it('tells about a connection that was lost while idle, and opens another one', async () => {
    const lost: Error[] = [];
    const database = open(1, (error) => lost.push(error));
    await database.ping();
    await proxy().set({ kind: 'reset' });
    await eventually(() => lost.length > 0, { describe: 'the loss is reported' });
    await proxy().set({ kind: 'pass' });

    await expect(database.ping()).resolves.toBeUndefined();
    expect(lost).toHaveLength(1);
  });

  it('does not call a connection lost that the server drops while it is being closed', async () => {
    const lost: Error[] = [];
    const database = open(1, (error) => lost.push(error));
    await database.ping();
    await proxy().set({ kind: 'hold', direction: 'upstream' });
    await database.close();
    const received = proxy().counters.downstream;
    await aside("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rollcall'");
    await eventually(() => proxy().counters.downstream > received, { describe: 'the last words arrive' });
    await proxy().set({ kind: 'pass' });
    await open(1).ping();

    expect(lost).toEqual([]);
  });

  it('says that it could not answer when the answer does not come, and never uses that connection again', async () => {
    const database = open(1);
    await database.ping();
    const before = proxy().counters.connections;
    await proxy().set({ kind: 'hold' });
    const unanswered = database.query((orm) => orm.execute(sql`select 1`));

    expect(await milliseconds(unanswered)).toBeLessThan(700);
    await expect(unanswered).rejects.toThrow(StoreUnavailableError);
    await proxy().set({ kind: 'pass' });
    await database.ping();
    expect(proxy().counters.connections).toBe(before + 1);
  });

  it('destroys the connection of work that timed out, even if the answer comes a moment later', async () => {
    const database = open(1);
    await database.ping();
    const before = proxy().counters.connections;
    const work = database.run(async () => {
      await bump(database, 1);
      await proxy().set({ kind: 'hold' });
      await bump(database, 2);
    });

    await expect(work).rejects.toThrow(StoreUnavailableError);
    await proxy().set({ kind: 'pass' });
    await database.ping();
    expect(proxy().counters.connections).toBe(before + 1);
    expect(await hits()).toEqual([0, 0]);
  });

  it('does not spend a second time-out on rolling back over a silent connection', async () => {
    const database = open(1);
    const work = database.run(async () => {
      await bump(database, 1);
      await proxy().set({ kind: 'hold' });
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
      await proxy().set({ kind: 'hold', direction: 'downstream' });
    });

    await expect(work).rejects.toThrow(StoreUnavailableError);
    await eventually(async () => (await hits())[0] === 1, { describe: 'the commit takes effect' });
    expect(attempts).toBe(1);
  });

  it('says that it could not answer while nobody listens', async () => {
    const database = open(4);
    await proxy().set({ kind: 'refuse' });
    const attempts = [database.ping(), database.run(() => bump(database, 1)), bump(database, 1)];

    const outcomes = await Promise.allSettled(attempts);

    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual(
      attempts.map(() => expect.any(StoreUnavailableError)),
    );
    await proxy().set({ kind: 'pass' });
    await expect(database.ping()).resolves.toBeUndefined();
  });
});
