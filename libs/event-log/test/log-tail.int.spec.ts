import { openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { decodePlace, encodePlace, type LogPlace, LogPlaceLostError, LogTail } from '../src/index.js';
import { at, LogTailStand, patience, rest, take, userId } from './log-tail-stand.js';

describe.each(openStores)(`${LogTail.name} on %s`, (_driver, open) => {
  let stand: LogTailStand;

  beforeAll(async () => {
    stand = new LogTailStand(await open());
  });

  afterEach(() => stand.closeTails());

  afterAll(() => stand.close());

  it('hands out what happens from now on, to each follower once and in order', async () => {
    await stand.write('before');
    const tail = stand.tail();
    const followers = await Promise.all([tail.follow('now'), tail.follow('now'), tail.follow('now')]);
    await stand.write('a', 'b');
    await stand.write('c');
    for (const follower of followers) expect(await take(follower, 3)).toEqual(['a', 'b', 'c']);
    await stand.write('d');
    for (const follower of followers) expect(await take(follower, 1)).toEqual(['d']);
    expect(await rest(followers[0])).toEqual([]);
  });

  it('gives back every part of an event', async () => {
    const follower = await stand.tail().follow('now');
    await stand.database.run(() =>
      stand.events.append([
        { type: 'user.sessions_revoked', userId, gen: 7, payload: { reason: 'admin' }, at },
      ]),
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
    const follower = await stand.tail().follow('now');
    const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
    await stand.write(...names.slice(0, 5));
    await stand.write(...names.slice(5));
    const seen: { name: string; cursor: string }[] = [];
    while (seen.length < names.length)
      for (const { sessionId, place } of await follower.next(patience))
        seen.push({ name: sessionId!, cursor: encodePlace(place) });
    expect(seen.map(({ name }) => name)).toEqual(names);
    const other = stand.tail();
    for (const [index, { cursor }] of seen.entries()) {
      const resumed = await other.follow(decodePlace(cursor));
      const missing = names.slice(index + 1);
      expect(await take(resumed, missing.length)).toEqual(missing);
      expect(await rest(resumed)).toEqual([]);
      resumed.close();
    }
  });

  it('lets a follower wait where nothing has happened, though transactions have: it does not ask again and again', async () => {
    const place = await stand.pages.end();
    for (let turn = 0; turn < 3; turn += 1) await stand.execute(sql`select pg_current_xact_id()`);
    const asked = jest.spyOn(stand.pages, 'page');
    const follower = await stand.tail().follow(place);
    expect(await follower.next(400)).toEqual([]);
    expect(asked.mock.calls.length).toBeLessThan(3);
    asked.mockRestore();
    await stand.write('a');
    expect(await take(follower, 1)).toEqual(['a']);
  });

  it('lets a follower who was far behind join the others without gap or repetition', async () => {
    const tail = stand.tail();
    const late = await tail.follow('now');
    const early = await tail.follow('now');
    const names = Array.from({ length: 2_700 }, (_, index) => `s${index}`);
    await stand.write(...names.slice(0, 1_300));
    await stand.write(...names.slice(1_300, 2_600));
    expect(await take(early, 2_600)).toEqual(names.slice(0, 2_600));
    const reading = take(late, 2_700);
    for (const name of names.slice(2_600)) await stand.write(name);
    expect(await reading).toEqual(names);
    expect(await take(early, 100)).toEqual(names.slice(2_600));
    expect([await rest(late), await rest(early)]).toEqual([[], []]);
  }, 30_000);

  it('goes through a backlog in stretches', async () => {
    const start = await stand.pages.end();
    const names = Array.from({ length: 12_000 }, (_, index) => `s${index}`);
    for (let from = 0; from < names.length; from += 500) await stand.write(...names.slice(from, from + 500));
    const follower = await stand.tail().follow(start);
    expect(await take(follower, names.length)).toEqual(names);
    expect(await rest(follower)).toEqual([]);
  }, 60_000);

  it('keeps a place that is ahead of this instance, but not of the log', async () => {
    const behind = stand.tail();
    await behind.follow('now');
    await stand.write('x');
    const ahead = await stand.pages.end();
    const follower = await behind.follow(ahead);
    expect(await rest(follower)).toEqual([]);
    await stand.write('y');
    expect(await take(follower, 1)).toEqual(['y']);
  });

  it('begins before every event of a time', async () => {
    await stand.execute(sql`delete from event_log`);
    await stand.write('old');
    const later = new Date(at.getTime() + 1);
    await stand.database.run(() => stand.events.append([{ type: 'user.created', userId, at: later }]));
    await stand.write('old too');
    const page = await stand.pages.page(await stand.pages.before(later), { size: 10 });
    expect(page.events.map(({ type }) => type)).toContain('user.created');
    expect(page.events.map(({ sessionId }) => sessionId)).not.toContain('old');
    const none = await stand.pages.page(await stand.pages.before(new Date(later.getTime() + 1)), {
      size: 10,
    });
    expect(none).toMatchObject({ events: [], hasMore: false });
  });

  it('reads pages of some types and moves on past the others', async () => {
    const start = await stand.pages.end();
    await stand.write('a', 'b');
    await stand.database.run(() => stand.events.append([{ type: 'user.created', userId, at }]));
    await stand.write('c', 'd');
    const first = await stand.pages.page(start, { size: 3, types: ['session.created'] });
    expect(first.events.map(({ sessionId }) => sessionId)).toEqual(['a', 'b', 'c']);
    const second = await stand.pages.page(first.next, { size: 3, types: ['session.created'] });
    expect(second.events.map(({ sessionId }) => sessionId)).toEqual(['d']);
    const third = await stand.pages.page(second.next, { size: 3, types: ['session.created'] });
    expect(third).toMatchObject({ events: [], hasMore: false, next: second.next });
    const none = await stand.pages.page(start, { size: 3, types: ['user.disabled'] });
    expect(none.events).toEqual([]);
    expect(none.next).not.toEqual(start);
  });

  const lost: [string, (place: LogPlace) => Promise<LogPlace>][] = [
    ['of another database', async (place) => ({ ...place, database: 'abc' })],
    ['of the future', async (place) => ({ ...place, since: '999999999:999999999:' })],
    [
      'whose event was removed',
      async (place) => {
        await stand.write('witness');
        const { next } = await stand.pages.page(place, { size: 10 });
        await stand.execute(sql`delete from event_log`);
        await stand.write('unseen');
        return next;
      },
    ],
  ];

  it.each(lost)('refuses a place %s, at once or when it is read', async (_what, spoil) => {
    const place = await spoil(await stand.pages.end());
    const reading = async (): Promise<unknown> => (await stand.tail().follow(place)).next(patience);
    await expect(reading()).rejects.toThrow(LogPlaceLostError);
    await expect(stand.pages.page(place, { size: 10 })).rejects.toThrow(LogPlaceLostError);
  });

  it('answers whoever stops listening with nothing', async () => {
    const follower = await stand.tail().follow('now');
    const waiting = follower.next(patience);
    follower.close();
    expect(await waiting).toEqual([]);
  });
});
