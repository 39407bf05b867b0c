import { openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { decodePlace, encodePlace, LogTail } from '../src/index.js';
import { LogTailStand, patience, rest, take } from './log-tail-stand.js';

/** One connection has no transactions side by side. */
const severalAtOnce = openStores.filter(([driver]) => driver === 'ServerDriver');

/** Something that somebody waits for. */
function aSignal(): { readonly given: Promise<void>; give(): void } {
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  return { given, give: () => give() };
}

describe.each(severalAtOnce)(`${LogTail.name} beside transactions that overlap, on %s`, (_driver, open) => {
  let stand: LogTailStand;

  beforeAll(async () => {
    stand = new LogTailStand(await open());
  });

  afterEach(() => stand.closeTails());

  afterAll(() => stand.close());

  it('hands out what commits late, whatever number it has', async () => {
    const tail = stand.tail();
    const follower = await tail.follow('now');
    const slow = aSignal();
    const begun = aSignal();
    const late = stand.database.run(async () => {
      await stand.append('late');
      begun.give();
      await slow.given;
    });
    await begun.given;
    await stand.write('early');
    const [early] = await follower.next(patience);
    expect(early!.sessionId).toBe('early');
    const cursor = encodePlace(early!.place);
    slow.give();
    await late;
    expect(await take(follower, 1)).toEqual(['late']);
    const resumed = await stand.tail().follow(decodePlace(cursor));
    expect(await take(resumed, 1)).toEqual(['late']);
    expect(await rest(resumed)).toEqual([]);
  });

  it('gives every event to everybody once while many write at once and followers change instances', async () => {
    const [one, other] = [stand.tail(), stand.tail()];
    const start = await stand.pages.end();
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
        await stand.database.run(async () => {
          await stand.append(`${writer}-${number}`);
          // Open for longer than its neighbours, so that they overlap and commit in another order.
          if (number % 3 === 0) await stand.execute(sql`select pg_sleep(0.003)`);
          await stand.append(`${writer}-${number + 1}`);
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
    await stand.execute(sql`create table if not exists turns (id int primary key)`);
    await stand.execute(sql`insert into turns values (1) on conflict do nothing`);
    const follower = await stand.tail().follow('now');
    // An old transaction keeps the oldest number in use, while a young one is waited for by an older one.
    const done = aSignal();
    const holds = aSignal();
    const waits = aSignal();
    const number = (): Promise<unknown> => stand.execute(sql`select pg_current_xact_id()`);
    const older = stand.database.run(async () => {
      await number();
      waits.give();
      await holds.given;
      await stand.execute(sql`update turns set id = id`);
      await stand.append('second');
    });
    await waits.given;
    const idle = stand.database.run(async () => {
      await number();
      await done.given;
    });
    await stand.database.run(async () => {
      await stand.execute(sql`update turns set id = id`);
      await stand.append('first');
      holds.give();
    });
    await older;
    expect(await take(follower, 2)).toEqual(['first', 'second']);
    done.give();
    await idle;
  });
});
