import { DrizzleEventLog } from '@app/event-log';
import { CryptoRandomSource, type SessionId } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import {
  DrizzleSessionRepository,
  SessionAuthority,
  SessionLimitReachedError,
  SessionNotFoundError,
} from '../src/index.js';
import { alone, authorityStand, config, opening } from './authority-stand.js';

describe.each(openStores)(`${SessionAuthority.name} on %s`, (_driver, open) => {
  let store: OpenStore;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  const setup = (overrides?: Parameters<typeof authorityStand>[1]) =>
    authorityStand(store.database, overrides);

  it('opens a session with both limits counted from now and a public id of 64 hex characters', async () => {
    const { issue, clock, userId, authority } = await setup();
    const session = await issue();

    expect(session).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      userId,
      createdAt: clock.now(),
      authenticatedAt: clock.now(),
      idleExpiresAt: new Date(clock.now().getTime() + 1800_000),
      expiresAt: new Date(clock.now().getTime() + 3600_000),
      refreshGeneration: 0,
      ended: null,
    });
    expect(session.refreshNonce).toHaveLength(32);
    expect(await authority.get(session.id, userId)).toEqual(session);
  });

  it('v5.0.0-7.1.2 evict_oldest: ends the oldest session when one too many is issued', async () => {
    const { authority, events, issue, issueInTurn, live, userId } = await setup();
    const [oldest, second, third] = await issueInTurn(3);
    const fourth = (await issue()).id;

    expect(await live()).toEqual([fourth, third, second]);
    expect((await authority.get(oldest!, userId)).ended?.reason).toBe('limit');
    expect((await events()).slice(-2)).toMatchObject([
      { type: 'session.ended', sessionId: oldest, reason: 'limit' },
      { type: 'session.created', sessionId: fourth },
    ]);
  });

  it('v5.0.0-7.1.2 evict_idle: ends the session that was unused for longest', async () => {
    const { issue, issueInTurn, live, touch } = await setup({ limitPolicy: 'evict_idle' });
    const [oldest, second, third] = await issueInTurn(3);
    await touch(oldest!);
    const fourth = (await issue()).id;

    expect(await live()).toEqual([fourth, third, oldest]);
    expect(await live()).not.toContain(second);
  });

  it('v5.0.0-7.1.2 deny: refuses the session that would be one too many and leaves the others', async () => {
    const { authority, events, issue, issueInTurn, live, userId } = await setup({ limitPolicy: 'deny' });
    const ids = await issueInTurn(3);
    const refused = issue();

    await expect(refused).rejects.toThrow(SessionLimitReachedError);
    await expect(refused).rejects.toMatchObject({ code: 'SESSION_LIMIT_REACHED', facts: { limit: 3 } });
    expect(await live()).toEqual(ids.toReversed());
    expect(await events()).toHaveLength(3);
    await authority.end(ids[0]!, { userId }, 'signout');
    await expect(issue()).resolves.toMatchObject({ userId });
  });

  it('deny: a place is free again once a session has timed out', async () => {
    const { clock, issue, issueInTurn } = await setup({ limitPolicy: 'deny' });
    await issueInTurn(3);
    clock.advance(1800_000);

    await expect(issue()).resolves.toBeDefined();
  });

  it('makes room down to the limit when the limit was lowered meanwhile', async () => {
    const { issueInTurn, live, userId, database, clock } = await setup({ limit: 5 });
    await issueInTurn(5);
    const stricter = new SessionAuthority(
      new DrizzleSessionRepository(database),
      new DrizzleEventLog(database),
      database,
      alone,
      clock,
      new CryptoRandomSource(),
      new Metrics(),
      { ...config, limit: 2 },
    );
    await database.run(() => stricter.issue({ id: userId, gen: 0 }, opening));

    expect(await live()).toHaveLength(2);
  });

  it('v5.0.0-2.3.3 writes session and event together or not at all', async () => {
    const { authority, database, events, live, userId } = await setup();
    const failing = database.run(async () => {
      await authority.issue({ id: userId, gen: 0 }, opening);
      throw new Error('the answer could not be built');
    });

    await expect(failing).rejects.toThrow('the answer could not be built');
    expect(await live()).toEqual([]);
    expect(await events()).toEqual([]);
  });

  it('writes the events of a change in the transaction of the change', async () => {
    const { authority, database, events, issueInTurn, userId } = await setup();
    const xidOf = async (id: SessionId): Promise<string> => {
      const rows = await database.query((orm) =>
        orm
          .select({ xid: sql<string>`xmin::text` })
          .from(sql`sessions`)
          .where(sql`id = ${id}`),
      );
      return rows[0]!.xid;
    };
    const [first, second, third] = await issueInTurn(3);
    const created = (await events()).find(({ sessionId }) => sessionId === first);
    expect(created?.xid).toBe(await xidOf(first!));

    await authority.end(first!, { userId }, 'signout');
    await authority.endOthers({ userId }, third!);

    const ends = (await events()).filter(({ type }) => type === 'session.ended');
    expect(ends).toEqual([
      { type: 'session.ended', sessionId: first, reason: 'signout', xid: await xidOf(first!) },
      { type: 'session.ended', sessionId: second, reason: 'terminated', xid: await xidOf(second!) },
    ]);
  });

  it('ends a session once: repeating it tells how it really ended and writes no second event', async () => {
    const { authority, clock, events, issue, userId } = await setup();
    const { id } = await issue();
    const end = await authority.end(id, { userId }, 'terminated');
    clock.advance(5000);

    expect(await authority.end(id, { userId }, 'signout')).toEqual(end);
    expect(end.reason).toBe('terminated');
    expect((await events()).filter(({ type }) => type === 'session.ended')).toHaveLength(1);
  });

  it('says of a session that has timed out that it had expired, and writes it down', async () => {
    const { authority, clock, events, issue, userId } = await setup();
    const { id, idleExpiresAt } = await issue();
    clock.advance(1800_000);

    expect(await authority.end(id, { userId }, 'signout')).toEqual({
      at: idleExpiresAt,
      reason: 'expired_idle',
      propagation: 'complete',
    });
    expect((await events()).map(({ reason }) => reason)).toEqual([null, 'expired_idle']);
  });

  it('v5.0.0-8.2.2 knows no session of another user', async () => {
    const mine = await setup();
    const theirs = await setup();
    const { id } = await theirs.issue();
    const actor = { userId: mine.userId };

    await expect(mine.authority.get(id, mine.userId)).rejects.toThrow(SessionNotFoundError);
    await expect(mine.authority.end(id, actor, 'signout')).rejects.toThrow(SessionNotFoundError);
    expect(await mine.authority.endOthers(actor, id)).toMatchObject({ count: 0 });
    expect(await theirs.live()).toEqual([id]);
    expect(await mine.events()).toEqual([]);
  });

  it('ends all but one, with one event for each', async () => {
    const { authority, events, issueInTurn, live, userId } = await setup();
    const [first, second, third] = await issueInTurn(3);

    expect(await authority.endOthers({ userId }, second!)).toEqual({ count: 2, propagation: 'complete' });
    expect(await live()).toEqual([second]);
    const ends = (await events()).filter(({ type }) => type === 'session.ended');
    expect(new Set(ends.map(({ sessionId }) => sessionId))).toEqual(new Set([first, third]));
    expect(await authority.endOthers({ userId }, second!)).toEqual({ count: 0, propagation: 'complete' });
  });

  it('ends all of a user and counts them', async () => {
    const { authority, clock, database, issueInTurn, userId } = await setup();
    await issueInTurn(3);

    expect(await authority.count(userId)).toBe(3);
    const end = { at: clock.now(), reason: 'admin' as const };
    expect(await database.run(() => authority.endAll(userId, { end, by: null }))).toHaveLength(3);
    expect(await authority.count(userId)).toBe(0);
  });

  it('v5.0.0-7.3.1 v5.0.0-7.3.2 lists nothing that is over', async () => {
    const { clock, issue, live } = await setup();
    await issue();
    clock.advance(1800_000 - 1);
    expect(await live()).toHaveLength(1);
    clock.advance(1);

    expect(await live()).toEqual([]);
  });

  it('v5.0.0-7.2.3 gives every session an id and a nonce of its own', async () => {
    const { issue } = await setup({ limit: 100 });
    const sessions = [];
    for (let count = 0; count < 50; count += 1) sessions.push(await issue());

    expect(new Set(sessions.map(({ id }) => id)).size).toBe(50);
    expect(new Set(sessions.map(({ refreshNonce }) => refreshNonce.toString('hex'))).size).toBe(50);
  });
});
