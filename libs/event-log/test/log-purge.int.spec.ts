import type { UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import {
  DrizzleEventLog,
  LogPlaceLostError,
  PostgresLogPages,
  PostgresLogPurge,
  PostgresLogReaders,
} from '../src/index.js';

const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId;
const old = new Date('2026-01-01T00:00:00.000Z');
const before = new Date('2026-02-01T00:00:00.000Z');
const young = new Date('2026-03-01T00:00:00.000Z');

describe.each(openStores)(`${PostgresLogPurge.name} on %s`, (_driver, open) => {
  let store: OpenStore;
  let database: Database;
  let events: DrizzleEventLog;
  let readers: PostgresLogReaders;
  let pages: PostgresLogPages;
  let purge: PostgresLogPurge;

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    events = new DrizzleEventLog(database);
    readers = new PostgresLogReaders(database);
    pages = new PostgresLogPages(database);
    purge = new PostgresLogPurge(database);
  });

  afterAll(() => store.close());

  const run = <Row>(statement: ReturnType<typeof sql>): Promise<Row[]> => database.rows(statement);

  beforeEach(async () => {
    for (const table of ['log_readers', 'event_log', 'event_log_purges'])
      await run(sql`delete from ${sql.identifier(table)}`);
  });

  const write = async (...times: Date[]): Promise<void> => {
    for (const at of times) await events.append([{ type: 'user.updated', userId, at }]);
  };
  const left = async (): Promise<number> => (await run(sql`select id from event_log`)).length;
  const read = async (reader: string): Promise<void> => {
    while (
      await readers.advance({ reader, batch: 2, begin: 'with the oldest event' }, async () => undefined)
    );
  };

  it('removes what is old, at most so many at once, and nothing that is young', async () => {
    await write(old, old, old, young, young);
    expect([await purge.purge(before, 2), await left()]).toEqual([2, 3]);
    expect([await purge.purge(before, 2), await left()]).toEqual([1, 2]);
    expect([await purge.purge(before, 2), await left()]).toEqual([0, 2]);
  });

  it('removes nothing old behind something young, until that is old, too', async () => {
    await write(old, young, old);
    expect([await purge.purge(before, 100), await left()]).toEqual([1, 2]);
    expect(await purge.purge(new Date('2026-04-01T00:00:00.000Z'), 100)).toBe(2);
  });

  it('leaves to a reader what it has not read, and says which one it is', async () => {
    await write(old, old);
    await read('quick');
    await read('slow');
    await write(old, old, young);
    await read('quick');
    await purge.purge(before, 100);
    expect([await left(), await purge.heldBy(before)]).toEqual([3, ['slow']]);
    await read('slow');
    expect([await purge.purge(before, 100), await left()]).toEqual([2, 1]);
    expect(await purge.heldBy(before)).toEqual([]);
  });

  it('refuses who comes from before what is gone, and nobody else', async () => {
    const start = await pages.end();
    await write(old, old);
    const [first, second] = (await pages.page(start, { size: 10 })).events;
    await write(young);
    expect(await purge.purge(before, 100)).toBe(2);
    for (const lost of [start, { ...start, lastId: 0 }, first!.place])
      await expect(pages.page(lost, { size: 10 })).rejects.toThrow(LogPlaceLostError);
    const { events: rest } = await pages.page(second!.place, { size: 10 });
    expect(rest).toMatchObject([{ at: young }]);
    expect((await pages.page(await pages.before(old), { size: 10 })).events).toHaveLength(1);
  });
});
