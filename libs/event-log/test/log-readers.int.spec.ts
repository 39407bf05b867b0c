import type { SessionId, UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { DrizzleEventLog, inSpan, type LogSpan, PostgresLogReaders } from '../src/index.js';

const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId;
const at = new Date('2026-01-01T00:00:00.123Z');

describe.each(openStores)(`${PostgresLogReaders.name} on %s`, (driver, open) => {
  let store: OpenStore;
  let database: Database;
  let events: DrizzleEventLog;
  let readers: PostgresLogReaders;

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    events = new DrizzleEventLog(database);
    readers = new PostgresLogReaders(database);
  });

  afterAll(() => store.close());

  const execute = <Row>(statement: ReturnType<typeof sql>): Promise<Row[]> => database.rows(statement);

  beforeEach(async () => {
    await execute(sql`delete from log_readers`);
    await execute(sql`delete from event_log`);
  });

  const write = (...sessions: string[]) =>
    database.run(() =>
      events.append(
        sessions.map((id) => ({ type: 'session.created', userId, sessionId: id as SessionId, at })),
      ),
    );

  const following = (batch = 100, begin: 'now' | 'with the oldest event' = 'with the oldest event') => ({
    reader: 'test',
    batch,
    begin,
  });

  /** Sessions of each stretch, until there is no more. */
  async function follow(batch?: number, begin?: 'now'): Promise<string[][]> {
    const stretches: string[][] = [];
    const consume = async (span: LogSpan): Promise<void> => {
      stretches.push((await readers.read(span)).map(({ sessionId }) => sessionId!));
    };
    while (await readers.advance(following(batch, begin), consume));
    return stretches;
  }

  it('hands out everything once, in order, in stretches of at most the batch', async () => {
    await write('a', 'b', 'c', 'd', 'e');
    await write('f');
    expect(await follow(4)).toEqual([
      ['a', 'b', 'c', 'd'],
      ['e', 'f'],
    ]);
    await write('g');
    expect(await follow(4)).toEqual([['g']]);
    expect(await follow(4)).toEqual([]);
  });

  it('takes no lock and no transaction while nothing is new, however often it looks', async () => {
    await write('a');
    expect(await follow()).toEqual([['a']]);
    const [run, query] = [jest.spyOn(database, 'run'), jest.spyOn(database, 'query')];
    for (let look = 0; look < 5; look += 1) expect(await follow()).toEqual([]);
    expect(run).not.toHaveBeenCalled();
    expect(query).toHaveBeenCalledTimes(5);
    jest.restoreAllMocks();
    await write('b');
    expect(await follow()).toEqual([['b']]);
  });

  it('hands out by number, also where numbers become longer', async () => {
    await execute(sql`alter table event_log alter column id restart with 98`);
    await write('a', 'b', 'c', 'd');
    expect(await follow()).toEqual([['a', 'b', 'c', 'd']]);
  });

  it('gives back every part of an event, and of the types that are asked for only', async () => {
    await database.run(() =>
      events.append([
        { type: 'user.sessions_revoked', userId, gen: 7, payload: { reason: 'admin' }, at },
        { type: 'rate_limit.exceeded', userId: null, payload: {}, at },
      ]),
    );
    let seen: unknown;
    const look = async (span: LogSpan): Promise<void> => {
      seen = [await readers.read(span, ['user.sessions_revoked']), (await readers.read(span)).length];
    };
    while (await readers.advance(following(), look));
    const event = { type: 'user.sessions_revoked', userId, gen: 7, payload: { reason: 'admin' }, at };
    expect(seen).toEqual([[{ ...event, id: expect.any(Number), sessionId: null, tokenId: null }], 2]);
  });

  it('begins now or with the oldest event', async () => {
    await write('a');
    expect(await follow(10, 'now')).toEqual([]);
    await write('b');
    expect(await follow(10, 'now')).toEqual([['b']]);
    await execute(sql`delete from log_readers`);
    expect(await follow()).toEqual([['a', 'b']]);
  });

  it('tells the oldest that is unread amid a backlog, before and beyond what is being worked off', async () => {
    const later = (seconds: number): Date => new Date(at.getTime() + seconds * 1_000);
    const tell = (seconds: number) =>
      database.run(() => events.append([{ type: 'session.created', userId, at: later(seconds) }]));
    await tell(1);
    await tell(2);
    await tell(3);
    await readers.advance(following(1), async () => undefined); // It only begins.
    await readers.advance(following(1), async () => undefined);
    const oldest = async () => (await readers.status())[0]!.oldestUnread;
    expect(await oldest()).toEqual(later(2));
    await tell(4);
    await readers.advance(following(1), async () => undefined);
    expect(await oldest()).toEqual(later(3));
    await readers.advance(following(1), async () => undefined);
    expect(await oldest()).toEqual(later(4));
    while (await readers.advance(following(1), async () => undefined));
    expect(await oldest()).toBeNull();
  });

  it('looks at a handful of events to tell that, however many were read or wait', async () => {
    for (let round = 0; round < 10; round += 1)
      await execute(sql`
        insert into event_log (type, payload, created_at)
        select 'session.created', '{}', ${at.toISOString()}::timestamptz from generate_series(1, 2000)`);
    await readers.advance(following(12_000), async () => undefined); // It only begins.
    await readers.advance(following(12_000), async () => undefined);
    const looked = async (): Promise<number> => {
      const [row] = await execute<{ rows: number }>(sql`
        select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables
        where relname = 'event_log'`);
      return row!.rows;
    };
    const rows = await database.run(async () => {
      const before = await looked();
      expect(await readers.status()).toEqual([{ name: 'test', oldestUnread: at }]);
      return (await looked()) - before;
    });
    expect(rows).toBeLessThan(10);
    expect(rows).toBeGreaterThan(0);
  });

  it('lets a reader go on from where another one stands', async () => {
    await write('a');
    await follow();
    await write('b');
    const other = { ...following(), reader: 'other' };
    while (await readers.advance(other, async () => undefined));
    await write('c');
    expect(await database.run(() => readers.takeOver({ reader: 'test', from: 'nobody' }))).toBe(false);
    expect(await database.run(() => readers.takeOver({ reader: 'test', from: 'other' }))).toBe(true);
    expect((await readers.status()).map(({ name }) => name)).toEqual(['test']);
    expect(await follow()).toEqual([['c']]);
  });

  it('stays where it is when its consumer fails, and takes back what that wrote', async () => {
    await write('a', 'b');
    const fail = async (span: LogSpan): Promise<void> => {
      await execute(sql`delete from event_log where ${inSpan(span)}`);
      throw new Error('no');
    };
    expect(await readers.advance(following(), fail)).toBe(true); // It only begins.
    await expect(readers.advance(following(), fail)).rejects.toThrow('no');
    expect(await follow()).toEqual([['a', 'b']]);
  });

  it('is read by one at a time', async () => {
    await write(...Array.from({ length: 50 }, (_, index) => `s${index}`));
    await readers.advance(following(), async () => undefined);
    const all = await Promise.all(Array.from({ length: 6 }, () => follow(10)));
    const handed = all.flat(2);
    expect([...handed, ...(await follow(10)).flat()].toSorted()).toEqual(
      Array.from({ length: 50 }, (_, index) => `s${index}`).toSorted(),
    );
  });

  it('goes back with a database whose numbers went back, and on from there', async () => {
    await follow();
    await execute(
      sql`update log_readers set position = 9007199254740000, horizon = 9007199254740001, last_id = 3`,
    );
    expect(await follow()).toEqual([]);
    await write('a');
    expect(await follow()).toEqual([['a']]);
  });

  it('writes nothing while nothing happens', async () => {
    await write('a');
    await follow();
    const version = () => execute<{ xmin: string }>(sql`select xmin::text from log_readers`);
    const before = await version();
    for (let round = 0; round < 3; round += 1) expect(await follow()).toEqual([]);
    expect(await version()).toEqual(before);
  });

  it('tells how old the oldest event is that a reader has not read', async () => {
    await write('a', 'b', 'c');
    await readers.advance(following(2), async () => undefined);
    expect(await readers.status()).toEqual([{ name: 'test', oldestUnread: at }]);
    await readers.advance(following(2), async () => undefined);
    expect(await readers.status()).toEqual([{ name: 'test', oldestUnread: at }]);
    await follow();
    expect(await readers.status()).toEqual([{ name: 'test', oldestUnread: null }]);
  });

  if (driver === 'ServerDriver') {
    it('keeps the order of a session whose transactions waited for each other, however it is cut', async () => {
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let begun = (): void => undefined;
      const hasBegun = new Promise<void>((resolve) => (begun = resolve));
      const first = database.run(async () => {
        await execute(sql`select pg_current_xact_id()`);
        begun();
        await released;
        await write('late');
      });
      await hasBegun;
      await write('early');
      expect(await follow()).toEqual([]);
      release();
      await first;
      await write('last');
      expect(await follow(1)).toEqual([['early'], ['late'], ['last']]);
    });
  }
});
