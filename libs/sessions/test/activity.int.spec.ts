import { StoreUnavailableError, type SessionId } from '@app/kernel';
import { ServerDriver } from '@app/postgres';
import { eventually } from '@app/testing';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { maxAddresses } from '../src/domain/activity.js';
import { aSessionId } from '../src/testing/builders.js';
import { absolute, activityStand, activityStores, after, idle, noon, second } from './activity-stand.js';

describe.each(activityStores)('activity on %s', (driver, open) => {
  const { instance, read, rowsOf, session, sessions, database, url } = activityStand(open);

  it('is written in one statement, whoever was used and how often', async () => {
    const { activity, note, clock } = instance();
    const [one, two] = (await sessions(2)) as [SessionId, SessionId];
    for (let use = 0; use < 1_000; use += 1) note(one);
    clock.advance(5 * second);
    note(two, '192.0.2.2');
    const statements = jest.spyOn(database(), 'query');
    await Promise.all([activity.flush(), activity.flush()]);
    expect(statements).toHaveBeenCalledTimes(1);
    await activity.flush();
    expect(statements).toHaveBeenCalledTimes(1);
    statements.mockRestore();
    expect(await read(one)).toMatchObject({ count: 1_000, lastAccess: noon, idleEnd: after(idle) });
    expect(await read(two)).toMatchObject({
      count: 1,
      lastAccess: after(5),
      idleEnd: after(idle + 5),
      addresses: ['192.0.2.2', '192.0.2.1'],
    });
  });

  it('loses no use that is noted while others are being written', async () => {
    const { activity, note } = instance();
    const id = await session();
    for (let round = 0; round < 20; round += 1) {
      note(id);
      const writing = activity.flush();
      note(id);
      await writing;
    }
    await activity.flush();
    expect((await read(id)).count).toBe(40);
  });

  it('of very many sessions is written within the time that a statement may take', async () => {
    const { activity, note } = instance();
    const ids = await sessions(30_000);
    for (const id of ids) note(id);
    const written = sql`select count(*)::int as n from sessions where request_count = 1
      and user_id = (select user_id from sessions where id = ${ids[0]})`;
    // On a starved machine any statement may be late once, but not for ever.
    const isWritten = async (): Promise<boolean> => {
      await activity.flush();
      return (await rowsOf<{ n: number }>(written))[0]?.n === ids.length;
    };
    expect(await eventually(isWritten, { timeoutMs: 20_000, describe: 'all are written' })).toBe(true);
  }, 60_000);

  it('moves the idle end with use, but never beyond the absolute end', async () => {
    const { activity, note, clock } = instance();
    const id = await session();
    for (const at of [1_000, 2_000, 3_000, 3_599]) {
      clock.set(after(at));
      note(id);
      await activity.flush();
      expect((await read(id)).idleEnd).toEqual(after(Math.min(at + idle, absolute)));
    }
  });

  it('moves nothing back', async () => {
    const { activity, note, clock } = instance();
    const other = instance();
    const id = await session();
    clock.advance(100 * second);
    note(id);
    other.clock.advance(50 * second);
    other.note(id);
    await activity.flush();
    await other.activity.flush();
    expect(await read(id)).toMatchObject({ count: 2, lastAccess: after(100), idleEnd: after(100 + idle) });
  });

  it.each(['signout', 'expired_idle'])(
    'that is written after the end (%s) revives nothing',
    async (reason) => {
      const { activity, note, clock } = instance();
      const id = await session();
      clock.advance(10 * second);
      note(id);
      await rowsOf(sql`
      update sessions set ended_at = ${after(20).toISOString()}::timestamptz, end_reason = ${reason} where id = ${id}`);
      clock.advance(20 * second);
      await activity.flush();
      expect(await read(id)).toMatchObject({ reason, idleEnd: after(idle), count: 1 });
      expect(await activity.extend({ id, profile: 'standard' })).toBeNull();
      expect(await read(id)).toMatchObject({ reason, idleEnd: after(idle) });
    },
  );

  it.each([
    [idle, 'the idle end'],
    [idle + 3_600, 'long after it'],
  ])('at %i s, %s, does not revive a session that nobody used before', async (at) => {
    const { activity, note, clock } = instance();
    const id = await session();
    clock.set(after(at));
    note(id);
    expect(await activity.extend({ id, profile: 'standard' })).toBeNull();
    await activity.flush();
    expect((await read(id)).idleEnd).toEqual(after(idle));
  });

  it('that came in time keeps a session alive although it is written late', async () => {
    const { activity, note, clock } = instance();
    const id = await session();
    clock.set(after(idle - 60));
    note(id);
    clock.set(after(idle + 60));
    note(id);
    await activity.flush();
    expect((await read(id)).idleEnd).toEqual(after(absolute));
  });

  it('of a session that is gone is forgotten', async () => {
    const { activity, note } = instance();
    const [gone, there] = (await sessions(2)) as [SessionId, SessionId];
    note(gone);
    note(there);
    await rowsOf(sql`delete from sessions where id = ${gone}`);
    await activity.flush();
    const statements = jest.spyOn(database(), 'query');
    await activity.flush();
    expect(statements).not.toHaveBeenCalled();
    statements.mockRestore();
    expect((await read(there)).count).toBe(1);
  });

  it('remembers addresses once each, the newest first, and not without bound', async () => {
    const { activity, note } = instance();
    const id = await session();
    const seen = async (...addresses: string[]) => {
      for (const address of addresses) note(id, address);
      await activity.flush();
      return (await read(id)).addresses;
    };
    expect(await seen('192.0.2.2')).toEqual(['192.0.2.2', '192.0.2.1']);
    expect(await seen('192.0.2.1', '192.0.2.3', '192.0.2.2')).toEqual([
      '192.0.2.2',
      '192.0.2.3',
      '192.0.2.1',
    ]);
    expect(await seen('192.0.2.1')).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
    const many = Array.from({ length: 30 }, (_, index) => `198.51.100.${index}`);
    const bounded = await seen(...many);
    expect(bounded).toEqual(many.toReversed().slice(0, maxAddresses));
  });

  it('waits while Postgres is away and is written later, in full', async () => {
    const { activity, note, clock, store: activityStore } = instance();
    const id = await session();
    note(id);
    const away = jest.spyOn(activityStore, 'write').mockRejectedValue(new StoreUnavailableError('postgres'));
    await activity.flush();
    clock.advance(30 * second);
    note(id, '192.0.2.9');
    await activity.flush();
    away.mockRestore();
    expect((await read(id)).count).toBe(0);
    await activity.flush();
    expect(await read(id)).toEqual({
      count: 2,
      lastAccess: after(30),
      idleEnd: after(30 + idle),
      addresses: ['192.0.2.9', '192.0.2.1'],
      reason: null,
    });
  });

  it('can be written at once for a session whose idle end is near', async () => {
    const { activity, clock } = instance();
    const id = await session();
    clock.set(after(idle - 1));
    const used = { id, profile: 'standard' } as const;
    expect(activity.isUrgent(after(idle), after(absolute))).toBe(true);
    expect(await activity.extend(used)).toEqual(after(2 * idle - 1));
    clock.set(after(2 * idle - 2));
    expect(await activity.extend(used)).toEqual(after(absolute));
    expect(await read(id)).toMatchObject({ idleEnd: after(absolute), lastAccess: after(2 * idle - 2) });
    expect(activity.isUrgent(after(absolute), after(absolute))).toBe(false);
    expect(await activity.extend({ id: aSessionId(), profile: 'standard' })).toBeNull();
  });

  if (driver !== ServerDriver.name) return;

  describe('of several instances at once', () => {
    it('is counted in full, in whatever order they name the sessions', async () => {
      const ids = await sessions(500);
      const instances = Array.from({ length: 4 }, instance);
      for (let round = 0; round < 10; round += 1) {
        for (const [index, { note }] of instances.entries())
          for (const id of index % 2 === 0 ? ids : ids.toReversed()) note(id);
        await Promise.all(instances.map(({ activity }) => activity.flush()));
      }
      for (const { activity } of instances) await activity.flush();
      const [row] = await rowsOf<{ low: number; high: number }>(sql`
        select min(request_count)::int as low, max(request_count)::int as high from sessions
        where user_id = (select user_id from sessions where id = ${ids[0]})`);
      expect(row).toEqual({ low: 40, high: 40 });
    }, 30_000);

    it('waits for nobody who holds a session, and keeps nobody waiting', async () => {
      const ids = (await sessions(3)) as [SessionId, SessionId, SessionId];
      const { activity, note } = instance();
      ids.forEach((id) => note(id));
      const holder = new pg.Client({ connectionString: url()! });
      await holder.connect();
      await holder.query('begin');
      await holder.query('select 1 from sessions where id = $1 for update', [ids[1]]);
      await activity.flush();
      expect(await Promise.all(ids.map(async (id) => (await read(id)).count))).toEqual([1, 0, 1]);
      await holder.end();
      await activity.flush();
      expect(await Promise.all(ids.map(async (id) => (await read(id)).count))).toEqual([1, 1, 1]);
    });
  });
});
