import type { Socket } from 'node:net';
import { eventually, FakeClock } from '@app/testing';
import { type Api, base, type SignedInDevice, startApi } from '../support/api.js';
import { EventListener, type Listening } from '../support/event-listener.js';
import { expectProblem } from '../support/expectations.js';

const env = { STREAM_HEARTBEAT: '1', SESSION_LIMIT: '50' };

const listeners: EventListener[] = [];

async function listen(api: Api, path: string, as: Listening): Promise<EventListener> {
  const listener = await EventListener.open(`http://127.0.0.1:${api.port}${base}${path}`, as);
  listeners.push(listener);
  return listener;
}

const watch = (api: Api, as: Listening, query = ''): Promise<EventListener> =>
  listen(api, `/admin/events${query}`, as);

/** Somebody who has heard everything up to there. */
const back = ({ token }: SignedInDevice, lastEventId: string): Listening => ({ token, lastEventId });

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.hangUp();
});

/** Comes back as often as it has to: on a busy machine a stream may end, or not begin, for want of a store. */
async function hearRest(
  api: Api,
  who: SignedInDevice,
  cursor: string,
  { count, query = '' }: { count: number; query?: string },
): Promise<number> {
  let [heard, at] = [0, cursor];
  while (heard < count) {
    const one = await watch(api, back(who, at), query);
    const left = count - heard;
    await eventually(() => one.isOver || one.told.length >= left, {
      timeoutMs: 30_000,
      describe: () => `${left} more are heard, not ${one.told.length} (${one.status})`,
    });
    one.hangUp();
    heard += one.told.length;
    at = one.lastId ?? at;
  }
  return heard;
}

/** Behind the product's back, so that a test knows what there is to hear. */
const happen = (api: Api, count: number, reason = 'seen') =>
  api.sql(
    `insert into event_log (type, payload, created_at)
     select 'rate_limit.exceeded', jsonb_build_object('policy', number, 'reason', $2::text), now()
     from generate_series(1, $1::int) as number`,
    [count, reason],
  );

const numbersIn = (told: Record<string, unknown>[]): number[] =>
  told.map(({ details }) => (details as { policy: number }).policy);

const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('the live events', () => {
  let api: Api;
  let other: Api;
  let administrator: SignedInDevice;

  beforeAll(async () => {
    api = await startApi({ env });
    other = await startApi({ env: { ...env, INSTANCE_ID: 'other' }, beside: api });
    administrator = await api.administrator();
  });

  it('tell an administrator of everything, and of no secret', async () => {
    const listener = await watch(api, administrator);
    expect(listener.status).toBe(200);
    expect(listener.reply.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    const device = await api.register();
    await device.post('/auth/signout').expect(200);
    await eventually(() => listener.told.some(({ type }) => type === 'session.ended'), {
      describe: 'the end of the session is told of',
    });
    const told = listener.told.filter(({ user_id }) => user_id === device.userId);
    expect(told.map(({ type }) => type)).toEqual(['user.created', 'session.created', 'session.ended']);
    expect(told[2]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      type: 'session.ended',
      at: expect.any(String),
      user_id: device.userId,
      session_id: device.sessionId,
      token_id: null,
      gen: null,
      details: { reason: 'signout', started_at: expect.any(String) },
    });
    const text = JSON.stringify(listener.frames);
    for (const secret of [device.token, device.refreshToken, device.person.password])
      expect(text).not.toContain(secret);
  });

  it('show of a payload only what is meant to be seen', async () => {
    const listener = await watch(api, administrator);
    await api.sql(
      `insert into event_log (type, payload, created_at) values ('user.updated', '{"reason":"a","hash":"b"}', now())`,
    );
    expect((await listener.hears(1))[0]).toMatchObject({ details: { reason: 'a' } });
    expect(JSON.stringify(listener.frames)).not.toContain('hash');
  });

  it('are those of the types and of the user that are asked for', async () => {
    const device = await api.register();
    const [ended, own] = [
      await watch(api, administrator, '?types=session.ended,user.disabled'),
      await watch(api, administrator, `?user_id=${device.userId}`),
    ];
    await api.register();
    await device.post('/auth/signout').expect(200);
    await eventually(() => own.told.length > 0 && ended.told.length > 0, { describe: 'both have heard' });
    expect(ended.told.map(({ type }) => type)).toEqual(['session.ended']);
    expect(new Set(own.told.map(({ user_id }) => user_id))).toEqual(new Set([device.userId]));
  });

  it.each(['types=no', 'types=session.ended;x', 'user_id=7', `after=${'a'.repeat(5_000)}`])(
    'refuse a query that cannot be understood: %.30s',
    async (query) => {
      const reply = await administrator.get(`/admin/events?${query}`);
      expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    },
  );

  it('are continued on another instance behind any of them, each once and in order', async () => {
    const first = await watch(api, administrator, '?types=rate_limit.exceeded');
    await happen(api, 40);
    await first.hears(40);
    first.hangUp();
    const cursors = first.frames.filter(({ data }) => data !== null).map(({ id }) => id!);
    for (const heard of [1, 17, 39]) {
      const lastEventId = cursors[heard - 1]!;
      const resumed = await watch(heard === 17 ? api : other, back(administrator, lastEventId));
      expect(numbersIn(await resumed.hears(40 - heard))).toEqual(oneTo(40).slice(heard));
      const after = await watch(other, administrator, `?after=${lastEventId}`);
      expect(numbersIn(await after.hears(40 - heard))).toEqual(oneTo(40).slice(heard));
    }
  });

  it('are not lost with a connection that is cut amid one of them', async () => {
    const found: number[] = [];
    let cursor = '';
    let at = 0;
    const first = await watch(api, administrator);
    await eventually(() => first.lastId !== null, { describe: 'the cursor is there' });
    cursor = first.lastId!;
    first.hangUp();
    await happen(api, 3_000, 'x'.repeat(300));
    while (found.length < 3_000) {
      const one = await watch(at % 2 === 0 ? other : api, back(administrator, cursor));
      await one.hears(Math.min(100 + at * 50, 3_000 - found.length));
      one.hangUp();
      found.push(...numbersIn(one.told));
      cursor = one.lastId!;
      at += 1;
    }
    expect(found).toEqual(oneTo(3_000));
    expect(at).toBeGreaterThan(2);
  }, 30_000);

  it('come with the cursor of now and move it on, also past what was not asked for', async () => {
    const listener = await watch(api, administrator, '?types=user.disabled');
    await eventually(() => listener.lastId !== null, { describe: 'the stream has begun' });
    const start = listener.lastId;
    await happen(api, 3);
    await eventually(() => listener.lastId !== start, { describe: 'the cursor has moved' });
    expect(listener.told).toEqual([]);
    const resumed = await watch(other, back(administrator, listener.lastId!));
    await happen(api, 1, 'after');
    expect((await resumed.hears(1))[0]).toMatchObject({ details: { reason: 'after' } });
    expect(resumed.told).toHaveLength(1);
  });

  it('begin anew with `reset` where a cursor leads nowhere', async () => {
    for (const lastEventId of ['nonsense', 'abc.0.5-0', 'abc.1.5-0.6-0']) {
      const listener = await watch(api, back(administrator, lastEventId));
      await eventually(() => listener.named('reset').length === 1, { describe: 'it is told so' });
      expect(listener.lastId).not.toBe(lastEventId);
      await happen(api, 1, 'since');
      expect((await listener.hears(1)).at(-1)).toMatchObject({ details: { reason: 'since' } });
    }
  });

  it('begin anew with `reset` where events behind the cursor were removed', async () => {
    const listener = await watch(api, administrator);
    await happen(api, 2);
    await listener.hears(2);
    listener.hangUp();
    await happen(api, 2);
    await api.sql('delete from event_log');
    const resumed = await watch(other, back(administrator, listener.lastId!));
    await eventually(() => resumed.named('reset').length > 0, { describe: 'it is told so' });
    expect(resumed.told).toEqual([]);
  });

  it('v5.0.0-8.3.2 end when the role of who watches is taken away', async () => {
    const device = await api.administrator();
    const listener = await watch(api, device);
    await api.sql(
      `with taken as (update users set role = 'user' where id = $1 returning id)
       insert into event_log (type, user_id, payload, created_at) select 'user.updated', id, '{}', now() from taken`,
      [device.userId],
    );
    await listener.ends(2_500);
    expect(listener.named('closed').map(({ data }) => data)).toEqual(['{"code":"FORBIDDEN"}']);
  });

  it('v5.0.0-7.4.1 end with the session of who watches, on whatever instance that ended', async () => {
    const device = await api.administrator();
    const listener = await watch(api, device);
    await other.as(device.token).post('/auth/signout').expect(200);
    await listener.ends(2_500);
    expect(listener.named('closed').map(({ data }) => data)).toEqual(['{"code":"SESSION_ENDED"}']);
    const again = await watch(api, back(device, listener.lastId!));
    expect(again.status).toBe(401);
  });

  it('refuse who is not an administrator before anything is sent', async () => {
    const device = await api.register();
    expectProblem(await device.get('/admin/events'), { status: 403, code: 'FORBIDDEN' });
    expectProblem(await api.send('get', '/admin/events'), { status: 401, code: 'UNAUTHENTICATED' });
  });

  it('answer HEAD without beginning', async () => {
    const reply = await administrator.send('head', '/admin/events').expect(200);
    expect(reply.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  });

  it('are for eight tabs of a session, and the ninth takes the place of one that is closed', async () => {
    const device = await api.administrator();
    const tabs = await Promise.all(Array.from({ length: 8 }, () => watch(api, device)));
    expect(tabs.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expectProblem(await device.get('/admin/events'), { status: 503, code: 'OVERLOADED' });
    tabs[0]!.hangUp();
    await eventually(async () => (await watch(api, device)).status === 200, { describe: 'there is room' });
  });

  it('ask Postgres on one connection, however many watch, and on none a while after nobody does', async () => {
    const tabs = await Promise.all(Array.from({ length: 8 }, () => watch(other, administrator)));
    await happen(api, 1);
    for (const tab of tabs) await tab.hears(1);
    const connections = `select count(*)::int as number from pg_stat_activity
      where datname = current_database() and application_name = 'rollcall-feed' and query like '%fresh as materialized%'`;
    expect((await api.sql<{ number: number }>(connections))[0]!.number).toBeLessThanOrEqual(2);
    for (const tab of tabs) tab.hangUp();
    for (const listener of listeners.splice(0)) listener.hangUp();
    await eventually(async () => (await api.sql<{ number: number }>(connections))[0]!.number === 0, {
      timeoutMs: 10_000,
      describe: 'nobody polls any more',
    });
  }, 20_000);
});

describe('an instance', () => {
  it('v5.0.0-7.3.1 ends the streams of a session or token that time has ended', async () => {
    const clock = new FakeClock();
    const api = await startApi({ env, clock });
    const administrator = await api.administrator();
    const listener = await watch(api, administrator);
    clock.advance(10 * 60_000);
    await listener.ends();
    expect(listener.named('closed').map(({ data }) => data)).toEqual(['{"code":"TOKEN_EXPIRED"}']);
  });

  it('serves so many streams and no more', async () => {
    const api = await startApi({ env: { ...env, STREAM_LIMIT: '2' } });
    const administrator = await api.administrator();
    await Promise.all([watch(api, administrator), watch(api, administrator)]);
    const refused = await administrator.get('/admin/events');
    expectProblem(refused, { status: 503, code: 'OVERLOADED' });
    expect(refused.headers['retry-after']).toBe('1');
  });

  it('ends its streams with the first sign of its own end', async () => {
    const api = await startApi({ env: { ...env, SHUTDOWN_DRAIN: '1' } });
    const administrator = await api.administrator();
    const listener = await watch(api, administrator);
    const closing = api.app.close();
    await listener.ends(900);
    expect(listener.named('closed')).toEqual([]);
    await closing;
  });
});

describe('two hundred who watch', () => {
  it('hear everything though one takes nothing, others are cut off, and no buffer grows', async () => {
    const api = await startApi({ env: { ...env, SESSION_LIMIT: '100' } });
    const other = await startApi({ env: { ...env, INSTANCE_ID: 'other' }, beside: api });
    let largest = 0;
    const sockets = new Set<Socket>();
    for (const each of [api, other])
      each.app.getHttpServer().on('connection', (socket: Socket) => sockets.add(socket));
    const sampling = setInterval(() => {
      for (const { writableLength } of sockets) largest = Math.max(largest, writableLength);
    }, 5);
    // Also when something below fails: a timer that is left would keep the whole run from ending.
    sampling.unref();
    const administrator = await api.administrator();
    const sessions = [administrator];
    while (sessions.length < 25) sessions.push(await api.signIn(administrator.person));
    const small = '?types=rate_limit.exceeded';
    const opened = Array.from({ length: 199 }, (_, index) =>
      watch(index % 2 === 0 ? api : other, sessions[index % 25]!, small),
    );
    const all = await Promise.all(opened);
    const slow = await watch(api, sessions[24]!);
    expect([...all, slow].map(({ status }) => status)).toEqual(Array.from({ length: 200 }, () => 200));
    await eventually(() => slow.lastId !== null, { describe: 'the slow one has begun' });
    slow.stall();
    const cursor = slow.lastId!;

    for (let round = 0; round < 6; round += 1) {
      await happen(api, 20);
      // Only the slow one asked for these: more than all buffers of the system between it and us can hold.
      await api.sql(
        `insert into event_log (type, payload, created_at)
         select 'signin.failed', jsonb_build_object('reason', repeat('x', 4000)), now() from generate_series(1, 800)`,
      );
    }
    for (const [index, listener] of all.entries()) {
      const isCut = index % 20 === 0;
      await eventually(() => listener.isOver || listener.told.length >= (isCut ? 30 : 120), {
        timeoutMs: 30_000,
        describe: 'it hears something',
      });
      if (isCut) listener.hangUp();
      const heard = listener.told.length;
      const where = index % 40 === 0 ? other : api;
      const rest = await hearRest(where, sessions[index % 25]!, listener.lastId!, {
        count: 120 - heard,
        query: small,
      });
      expect(heard + rest).toBe(120);
    }
    await eventually(
      async () => /stream_ended_total\{reason="slow"\} 1/.test((await api.root('get', '/metrics')).text),
      { timeoutMs: 10_000, describe: 'the slow one is cut off' },
    );
    clearInterval(sampling);
    expect(largest).toBeLessThan(256 * 1024);
    slow.hangUp();
    expect(await hearRest(other, sessions[24]!, cursor, { count: 6 * 820 })).toBe(6 * 820);
  }, 120_000);
});
