import type { SessionId, UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import {
  decodePlace,
  DrizzleEventLog,
  encodePlace,
  type LogFollower,
  type LogPlace,
  LogPlaceLostError,
  LogTail,
  PostgresLogPages,
} from '../src/index.js';

const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId;
const at = new Date('2026-01-01T00:00:00.123Z');

const patience = 5_000;
const noPatience = 5;

/** Something that somebody waits for. */
function aSignal(): { readonly given: Promise<void>; give(): void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}

describe.each(openStores)(`${LogTail.name} on %s`, (driver, open) => {
  let store: OpenStore;
  let database: Database;
  let events: DrizzleEventLog;
  let pages: PostgresLogPages;
  const tails: LogTail[] = [];

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    events = new DrizzleEventLog(database);
    pages = new PostgresLogPages(database);
  });

  afterEach(async () => {
    for (const tail of tails.splice(0)) await tail.onApplicationShutdown();
  });

  afterAll(() => store.close());

  const execute = (statement: ReturnType<typeof sql>) => database.query((orm) => orm.execute(statement));

  /** Of one instance more. */
  function aTail(): LogTail {
    const tail = new LogTail(pages);
    tails.push(tail);
    return tail;
  }

  const append = (...sessions: string[]) =>
    events.append(
      sessions.map((id) => ({ type: 'session.created', userId, sessionId: id as SessionId, at })),
    );
  const write = (...sessions: string[]) => database.run(() => append(...sessions));

  /** Sessions of the next events, until there are so many. */
  async function take(follower: LogFollower, count: number): Promise<string[]> {
    const found: string[] = [];
    while (found.length < count) {
      const some = await follower.next(patience);
      if (some.length === 0) throw new Error(`nothing more after ${found.join()}`);
      found.push(...some.map(({ sessionId }) => sessionId!));
    }
    return found;
  }

  const rest = async (follower: LogFollower): Promise<string[]> =>
    (await follower.next(noPatience)).map(({ sessionId }) => sessionId!);

  it('hands out what happens from now on, to each follower once and in order', async () => {
    await write('before');
    const tail = aTail();
    const followers = await Promise.all([tail.follow('now'), tail.follow('now'), tail.follow('now')]);
    await write('a', 'b');
    await write('c');
    for (const follower of followers) expect(await take(follower, 3)).toEqual(['a', 'b', 'c']);
    await write('d');
    for (const follower of followers) expect(await take(follower, 1)).toEqual(['d']);
    expect(await rest(followers[0])).toEqual([]);
  });

  it('gives back every part of an event', async () => {
    const follower = await aTail().follow('now');
    await database.run(() =>
      events.append([{ type: 'user.sessions_revoked', userId, gen: 7, payload: { reason: 'admin' }, at }]),
    );
    expect(await follower.next(patience)).toEqual([
      {
        id: expect.any(Number),
        type: 'user.sessions_revoked',
        userId,
        sessionId: null,
        tokenId: null,
        gen: 7,
        payload: { reason: 'admin' },
        at,
        place: expect.anything(),
      },
    ]);
  });

  it('goes on behind any event, on any instance, with everything after it and nothing else', async () => {
    const follower = await aTail().follow('now');
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
    await write(...names.slice(0, 5));
    await write(...names.slice(5));
    const seen: { name: string; cursor: string }[] = [];
    while (seen.length < names.length)
      for (const { sessionId, place } of await follower.next(patience))
        seen.push({ name: sessionId!, cursor: encodePlace(place) });
    expect(seen.map(({ name }) => name)).toEqual(names);
    const other = aTail();
    for (const [index, { cursor }] of seen.entries()) {
      const resumed = await other.follow(decodePlace(cursor));
      const missing = names.slice(index + 1);
      expect(await take(resumed, missing.length)).toEqual(missing);
      expect(await rest(resumed)).toEqual([]);
      resumed.close();
    }
  });

  it('lets a follower who was far behind join the others without gap or repetition', async () => {
    const tail = aTail();
    const late = await tail.follow('now');
    const early = await tail.follow('now');
    const names = Array.from({ length: 2_700 }, (_, index) => `s${index}`);
    await write(...names.slice(0, 1_300));
    await write(...names.slice(1_300, 2_600));
    expect(await take(early, 2_600)).toEqual(names.slice(0, 2_600));
    const reading = take(late, 2_700);
    for (const name of names.slice(2_600)) await write(name);
    expect(await reading).toEqual(names);
    expect(await take(early, 100)).toEqual(names.slice(2_600));
    expect([await rest(late), await rest(early)]).toEqual([[], []]);
  }, 30_000);

  it('goes through a backlog in stretches', async () => {
    const start = await pages.end();
    const names = Array.from({ length: 12_000 }, (_, index) => `s${index}`);
    for (let from = 0; from < names.length; from += 500) await write(...names.slice(from, from + 500));
    const follower = await aTail().follow(start);
    expect(await take(follower, names.length)).toEqual(names);
    expect(await rest(follower)).toEqual([]);
  }, 60_000);

  it('keeps a place that is ahead of this instance, but not of the log', async () => {
    const behind = aTail();
    await behind.follow('now');
    await write('x');
    const ahead = await pages.end();
    const follower = await behind.follow(ahead);
    expect(await rest(follower)).toEqual([]);
    await write('y');
    expect(await take(follower, 1)).toEqual(['y']);
  });

  it('begins before every event of a time', async () => {
    await execute(sql`delete from event_log`);
    await write('old');
    const later = new Date(at.getTime() + 1);
    await database.run(() => events.append([{ type: 'user.created', userId, at: later }]));
    await write('old too');
    const page = await pages.page(await pages.before(later), { size: 10 });
    expect(page.events.map(({ type }) => type)).toContain('user.created');
    expect(page.events.map(({ sessionId }) => sessionId)).not.toContain('old');
    const none = await pages.page(await pages.before(new Date(later.getTime() + 1)), { size: 10 });
    expect(none).toMatchObject({ events: [], hasMore: false });
  });

  it('reads pages of some types and moves on past the others', async () => {
    const start = await pages.end();
    await write('a', 'b');
    await database.run(() => events.append([{ type: 'user.created', userId, at }]));
    await write('c', 'd');
    const first = await pages.page(start, { size: 3, types: ['session.created'] });
    expect(first.events.map(({ sessionId }) => sessionId)).toEqual(['a', 'b', 'c']);
    const second = await pages.page(first.next, { size: 3, types: ['session.created'] });
    expect(second.events.map(({ sessionId }) => sessionId)).toEqual(['d']);
    const third = await pages.page(second.next, { size: 3, types: ['session.created'] });
    expect(third).toMatchObject({ events: [], hasMore: false, next: second.next });
    const none = await pages.page(start, { size: 3, types: ['user.disabled'] });
    expect(none.events).toEqual([]);
    expect(none.next).not.toEqual(start);
  });

  const lost: [string, (place: LogPlace) => Promise<LogPlace>][] = [
    ['of another database', async (place) => ({ ...place, database: 'abc' })],
    ['of the future', async (place) => ({ ...place, since: '999999999:999999999:' })],
    [
      'whose event was removed',
      async (place) => {
        await write('witness');
        const { next } = await pages.page(place, { size: 10 });
        await execute(sql`delete from event_log`);
        await write('unseen');
        return next;
      },
    ],
  ];

  it.each(lost)('refuses a place %s, at once or when it is read', async (_what, spoil) => {
    const place = await spoil(await pages.end());
    const reading = async (): Promise<unknown> => (await aTail().follow(place)).next(patience);
    await expect(reading()).rejects.toThrow(LogPlaceLostError);
    await expect(pages.page(place, { size: 10 })).rejects.toThrow(LogPlaceLostError);
  });

  it('answers whoever stops listening with nothing', async () => {
    const follower = await aTail().follow('now');
    const waiting = follower.next(patience);
    follower.close();
    expect(await waiting).toEqual([]);
  });

  if (driver === 'ServerDriver') concurrency();

  function concurrency(): void {
    it('hands out what commits late, whatever number it has', async () => {
      const tail = aTail();
      const follower = await tail.follow('now');
      const slow = aSignal();
      const begun = aSignal();
      const late = database.run(async () => {
        await append('late');
        begun.give();
        await slow.given;
      });
      await begun.given;
      await write('early');
      const [early] = await follower.next(patience);
      expect(early!.sessionId).toBe('early');
      const cursor = encodePlace(early!.place);
      slow.give();
      await late;
      expect(await take(follower, 1)).toEqual(['late']);
      const resumed = await aTail().follow(decodePlace(cursor));
      expect(await take(resumed, 1)).toEqual(['late']);
      expect(await rest(resumed)).toEqual([]);
    });

    it('gives every event to everybody once while many write at once and followers change instances', async () => {
      const [one, other] = [aTail(), aTail()];
      const start = await pages.end();
      const total = 400;
      const follow = async (hop: number): Promise<string[]> => {
        const found: string[] = [];
        let place = start;
        for (let turn = hop; found.length < total; turn += 1) {
          const follower = await (turn % 2 === 0 ? one : other).follow(place);
          // Of a page some may be lost on the way: who comes back names the last one that arrived.
          const some = (await follower.next(patience)).slice(0, 1 + (turn % 7));
          found.push(...some.map(({ sessionId }) => sessionId!));
          place = some.at(-1)?.place ?? place;
          follower.close();
        }
        return found;
      };
      const writing = Array.from({ length: 8 }, async (_, writer) => {
        for (let number = 0; number < total / 8; number += 2)
          await database.run(async () => {
            await append(`${writer}-${number}`);
            if (number % 3 === 0) await execute(sql`select pg_sleep(0.003)`);
            await append(`${writer}-${number + 1}`);
          });
      });
      const results = await Promise.all([follow(0), follow(1), follow(2)]);
      await Promise.all(writing);
      for (const found of results) {
        expect(new Set(found).size).toBe(total);
        // What one writer wrote one after the other is in that order for everybody.
        for (let writer = 0; writer < 8; writer += 1) {
          const own = found
            .filter((name) => name.startsWith(`${writer}-`))
            .map((name) => Number(name.slice(2)));
          expect(own).toEqual(own.toSorted((left, right) => left - right));
        }
      }
    }, 60_000);

    it('never shows an event before one that it waited for', async () => {
      await execute(sql`create table if not exists turns (id int primary key)`);
      await execute(sql`insert into turns values (1) on conflict do nothing`);
      const follower = await aTail().follow('now');
      // An old transaction keeps the oldest number in use, while a young one is waited for by an older one.
      const done = aSignal();
      const holds = aSignal();
      const waits = aSignal();
      const number = (): Promise<unknown> => execute(sql`select pg_current_xact_id()`);
      const older = database.run(async () => {
        await number();
        waits.give();
        await holds.given;
        await execute(sql`update turns set id = id`);
        await append('second');
      });
      await waits.given;
      const idle = database.run(async () => {
        await number();
        await done.given;
      });
      await database.run(async () => {
        await execute(sql`update turns set id = id`);
        await append('first');
        holds.give();
      });
      await older;
      expect(await take(follower, 2)).toEqual(['first', 'second']);
      done.give();
      await idle;
    });
  }
});
