import { DrizzleEventLog } from '@app/event-log';
import type { UserId } from '@app/kernel';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { PostgresActivityStore } from '../src/infrastructure/postgres/postgres-activity-store.js';
import { PostgresExpiredSessions } from '../src/infrastructure/postgres/postgres-expired-sessions.js';
import { SessionExpiry } from '../src/index.js';
import { authorityStand, insertUser, opening } from './authority-stand.js';

const minute = 60_000;
/** Idle end of a session, and for how long it may still be prolonged after that. */
const idle = 30 * minute;
const grace = 65 * minute;

describe.each(openStores)(`${SessionExpiry.name} on %s`, (driver, open) => {
  let store: OpenStore;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  beforeEach(async () => {
    for (const table of ['event_log', 'sessions'])
      await store.database.query((orm) => orm.execute(sql.raw(`delete from ${table}`)));
  });

  async function stand(stretch = 10_000) {
    const { database } = store;
    const made = await authorityStand(database);
    const marks = PostgresExpiredSessions.inStretchesOf(database, stretch);
    const expiry = new SessionExpiry(marks, new DrizzleEventLog(database), database, made.clock);
    const events = async () => (await made.events()).map(({ type, reason }) => `${type} ${reason}`);
    return { ...made, expiry, events };
  }

  it('tells once, with start and end, of a session that time has ended', async () => {
    const { clock, expiry, issue, userId } = await stand();
    const { id, createdAt } = await issue();
    clock.advance(idle + grace);
    expect(await expiry.run()).toBe(0);
    clock.advance(1);
    expect(await expiry.run()).toBe(1);
    expect(await expiry.run()).toBe(0);
    const rows = await store.database.rows(
      sql`select session_id, payload from event_log where type = 'session.expired' and user_id = ${userId}`,
    );
    const payload = {
      started_at: createdAt.toISOString(),
      reason: 'expired_idle',
      expired_at: new Date(createdAt.getTime() + idle).toISOString(),
    };
    expect(rows).toEqual([{ session_id: id, payload }]);
  });

  it('leaves alone what lives, and what was ended', async () => {
    const { authority, clock, events, expiry, issue, live, userId } = await stand();
    const { id: ended } = await issue();
    await authority.end(ended, { userId }, 'signout');
    clock.advance(idle + grace + 1);
    const { id: living } = await issue();
    expect(await expiry.run()).toBe(0);
    expect(await live()).toEqual([living]);
    expect(await events()).toEqual(['session.created null', 'session.ended signout', 'session.created null']);
  });

  it('tells nothing twice of what is ended afterwards', async () => {
    const { authority, clock, events, expiry, issue, userId } = await stand();
    const { id } = await issue();
    clock.advance(60 * minute + grace);
    await expiry.run();
    const { reason } = await authority.end(id, { userId }, 'signout');
    expect(reason).toBe('expired_idle');
    expect(await events()).toEqual(['session.created null', 'session.expired expired_idle']);
  });

  it('is what no late note of a use can take back', async () => {
    const { clock, expiry, issue, live } = await stand();
    const { id, createdAt } = await issue();
    clock.advance(idle + grace + 1);
    await expiry.run();
    const used = new Date(createdAt.getTime() + minute);
    await new PostgresActivityStore(store.database).write([
      {
        sessionId: id,
        count: 1,
        firstAt: used,
        lastAt: used,
        idleSeconds: 7 * 3600,
        addresses: ['192.0.2.1'],
      },
    ]);
    expect(await live()).toEqual([]);
  });

  it.each([1, 4, 100])('finds all of any number of users in stretches of %i', async (stretch) => {
    const { authority, clock, expiry } = await stand(stretch);
    const owners: UserId[] = [];
    while (owners.length < 5) owners.push(await insertUser(store.database));
    for (const id of [...owners, ...owners, ...owners.slice(2)])
      await store.database.run(() => authority.issue({ id, gen: 0 }, opening));
    clock.advance(idle + grace + 1);
    expect(await expiry.run()).toBe(13);
  });

  it('is done by one process at a time', async () => {
    const { clock, events, expiry, issueInTurn } = await stand();
    await issueInTurn(3);
    clock.advance(idle + grace + minute);
    await Promise.all([expiry.run(), expiry.run(), expiry.run()]);
    await expiry.run();
    expect((await events()).filter((event) => event.startsWith('session.expired'))).toHaveLength(3);
  });

  if (driver === 'ServerDriver') {
    it('leaves a session that somebody holds until the next time', async () => {
      const { clock, expiry, issue } = await stand();
      const { id } = await issue();
      clock.advance(idle + grace + 1);
      let letGo = (): void => undefined;
      const released = new Promise<void>((resolve) => (letGo = resolve));
      let hold = (): void => undefined;
      const isHeld = new Promise<void>((resolve) => (hold = resolve));
      const holder = store.database.run(async () => {
        await store.database.query((orm) =>
          orm.execute(sql`select from sessions where id = ${id} for no key update`),
        );
        hold();
        await released;
      });
      await isHeld;
      expect(await expiry.run()).toBe(0);
      letGo();
      await holder;
      expect(await expiry.run()).toBe(1);
    });
  }
});
