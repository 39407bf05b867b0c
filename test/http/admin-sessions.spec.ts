import { eventually, FakeClock } from '@app/testing';
import pg from 'pg';
import type { Response } from 'supertest';
import { type Api, type Caller, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem, inWords } from '../support/expectations.js';
import { aPerson } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const [second, minute, hour] = [1_000, 60_000, 3_600_000];
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** Of its own for each story: filters are about everybody. */
async function setup() {
  const clock = new FakeClock(noon);
  const api = await startApi({ clock, env: { TRUST_PROXY: '1' } });
  const admin = await api.administrator(aPerson());
  clock.advance(second);
  return { clock, api, admin };
}

const from = (address: string, agent = firefox): Record<string, string> => ({
  'x-forwarded-for': address,
  'user-agent': agent,
});

const idsOf = ({ body }: Response): string[] => body.data.sessions.map(({ id }: { id: string }) => id);
const search = async (admin: Caller, query: string): Promise<string[]> =>
  idsOf(await admin.get(`/admin/sessions?${query}`).expect(200));

async function finished(admin: Caller, id: string): Promise<object> {
  let standing: Record<string, unknown> = {};
  await eventually(
    async () => {
      standing = (await admin.get(`/admin/sessions/ends/${id}`).expect(200)).body.data;
      return standing.state === 'done' && standing.propagation === 'complete';
    },
    { describe: 'the order is carried out and proven', timeoutMs: 15_000 },
  );
  return standing;
}

describe('searching sessions', () => {
  let clock: FakeClock;
  let api: Api;
  let admin: SignedInDevice;
  let ann: SignedInDevice;
  let bob: SignedInDevice;

  beforeAll(async () => {
    ({ clock, api, admin } = await setup());
    ann = await api.register(aPerson(), from('203.0.113.7'));
    clock.advance(minute);
    bob = await api.register(aPerson(), from('2001:db8:1::7', chrome));
    clock.advance(minute);
  });

  it('finds them by each condition, and only by it', async () => {
    const conditions: [string, 'ann' | 'bob'][] = [
      [`user_id=${ann.userId}`, 'ann'],
      [`email=${ann.person.email.toUpperCase()}`, 'ann'],
      ['network=203.0.113.7', 'ann'],
      ['network=203.0.113.0/24', 'ann'],
      ['network=2001:DB8:1:0:0:0:0:7', 'bob'],
      ['network=2001:db8:1::/48', 'bob'],
      ['browser=chrome', 'bob'],
      ['os=windows', 'bob'],
      ['browser=firefox&os=linux', 'ann'],
      [`created_after=${encodeURIComponent(new Date(noon.getTime() + minute).toISOString())}`, 'bob'],
      [
        `created_before=${encodeURIComponent(new Date(noon.getTime() + minute).toISOString())}&profile=standard&network=203.0.0.0/8`,
        'ann',
      ],
    ];
    for (const [query, whose] of conditions)
      expect([query, await search(admin, query)]).toEqual([query, [{ ann, bob }[whose].sessionId]]);
    for (const query of [
      'email=nobody@example.com',
      `email=${ann.person.email}&user_id=${bob.userId}`,
      'os=plan9',
    ])
      expect([query, await search(admin, query)]).toEqual([query, []]);
    expect(await search(admin, 'profile=admin')).toEqual([admin.sessionId]);
    expect(await search(admin, 'device_kind=desktop')).toEqual([bob.sessionId, ann.sessionId]);
    expect(await search(admin, `seen_before=${noon.toISOString()}`)).toEqual([]);
  });

  it.each([
    'network=203.0.113.0/33',
    'network=corp',
    'network=fe80::1%25eth0',
    'state=over',
    'reason=boredom',
    'created_after=yesterday',
    'created_after=0000-01-01T00:00:00Z',
    'seen_before=9999-12-31T23:59:59-01:00',
    'user_id=ann',
    'page_token=made-up',
    `page_token=${Buffer.from(`["0000-01-01T00:00:00Z","${'a'.repeat(64)}"]`).toString('base64url')}`,
  ])('refuses %s', async (query) => {
    expectProblem(await admin.get(`/admin/sessions?${query}`), {
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: expect.any(Array),
    });
  });

  it('tells live ones from ended and from expired ones, marked or not', async () => {
    const person = aPerson();
    const live = await api.register(person);
    const ended = await api.signIn(person);
    const marked = await api.signIn(person);
    await ended.post('/auth/signout').expect(200);
    const past = new Date(clock.now().getTime() - second).toISOString();
    await api.sql('update sessions set idle_expires_at = $2 where id = $1', [marked.sessionId, past]);
    const mine = `user_id=${live.userId}`;
    expect(await search(admin, `${mine}&state=live`)).toEqual([live.sessionId]);
    expect(await search(admin, `${mine}&state=ended`)).toEqual([ended.sessionId]);
    expect(await search(admin, `${mine}&state=expired`)).toEqual([marked.sessionId]);
    expect(await search(admin, `${mine}&reason=signout`)).toEqual([ended.sessionId]);
    expect(await search(admin, `${mine}&reason=expired_idle`)).toEqual([marked.sessionId]);
    expect(await search(admin, `${mine}&reason=admin`)).toEqual([]);
  });

  it('shows each pre-existing session exactly once while others are opened', async () => {
    const before = new Set(await search(admin, 'page_size=100'));
    const seen: string[] = [];
    let next: string | null = '/admin/sessions?page_size=2';
    while (next) {
      const reply: Response = await admin.get(next).expect(200);
      seen.push(...idsOf(reply));
      next = /<(.*)>; rel="next"/.exec(reply.headers.link ?? '')?.[1] ?? null;
      expect(reply.body.data.next_page_token === null).toBe(next === null);
      clock.advance(1);
      await api.register();
    }
    expect(seen.filter((id) => before.has(id)).toSorted()).toEqual([...before].toSorted());
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('shows one with its user, its device and its end', async () => {
    const device = await api.register(aPerson(), from('198.51.100.9'));
    const { body } = await admin.get(`/admin/sessions/${device.sessionId}`).expect(200);
    expect(body.data).toMatchObject({
      id: device.sessionId,
      email: device.person.email,
      ip_address: '198.51.100.9',
      state: 'live',
      is_current: false,
      end_reason: null,
    });
    for (const id of ['a'.repeat(64), 'none'])
      expectProblem(await admin.get(`/admin/sessions/${id}`), { status: 404, code: 'NOT_FOUND' });
  });
});

describe('ending one session', () => {
  it('v5.0.0-7.4.5 holds with the next request, is told with the reason and may be repeated', async () => {
    const { api, admin } = await setup();
    const device = await api.register();
    const { body } = await admin.delete(`/admin/sessions/${device.sessionId}?reason=stolen`).expect(200);
    expect(body.data).toMatchObject({ id: device.sessionId, end_reason: 'admin', propagation: 'complete' });
    expect(inWords(await device.get('/auth/session'))).toBe('401 SESSION_ENDED admin');
    const again = await admin.delete(`/admin/sessions/${device.sessionId}`).expect(200);
    expect(again.body.data).toEqual(body.data);
    const events = await api.sql(
      `select payload from event_log where type = 'session.ended' and session_id = $1`,
      [device.sessionId],
    );
    const started = { started_at: expect.any(String) };
    expect(events).toEqual([{ payload: { ...started, reason: 'admin', by: admin.userId, note: 'stolen' } }]);
    expect(await api.sql('select ended_by from sessions where id = $1', [device.sessionId])).toEqual([
      { ended_by: admin.userId },
    ]);
    expectProblem(await admin.delete(`/admin/sessions/${'a'.repeat(64)}`), {
      status: 404,
      code: 'NOT_FOUND',
    });
  });
});

describe('ending sessions by a filter', () => {
  const wish = { filter: { network: '203.0.113.0/24' } };

  it('counts in a dry run exactly what the order ends, and tells of its progress', async () => {
    const { clock, api, admin } = await setup();
    const devices: SignedInDevice[] = [];
    for (let index = 0; index < 12; index += 1)
      devices.push(await api.register(aPerson(), from(`203.0.113.${index}`)));
    const other = await api.register(aPerson(), from('198.51.100.1'));
    await devices[0]!.post('/auth/signout').expect(200);
    clock.advance(second);
    const before = await api.fingerprint();
    const dry = await admin.post('/admin/sessions/end', { ...wish, dry_run: true }).expect(200);
    expect(dry.body.data.count).toBe(11);
    expect(dry.body.data).not.toHaveProperty('order');
    expect(dry.body.data.sample).toHaveLength(10);
    expect(await api.fingerprint()).toEqual(before);
    const order = { ...wish, dry_run: false, expected_count: 11, reason: 'leaked' };
    const taken = await admin.post('/admin/sessions/end', order).expect(202);
    const { id } = taken.body.data.order;
    const standing = await finished(admin, id);
    expect(standing).toMatchObject({
      matched: 11,
      ended: 11,
      failed: 0,
      created_by: admin.userId,
      reason: 'leaked',
    });
    for (const device of devices.slice(1))
      expect(inWords(await device.get('/auth/session'))).toBe('401 SESSION_ENDED admin');
    await other.get('/auth/session').expect(200);
    await admin.get('/auth/session').expect(200);
    const payload = {
      reason: 'admin',
      by: admin.userId,
      note: 'leaked',
      bulk_end: id,
      started_at: expect.any(String),
    };
    const events = await api.sql(
      `select payload from event_log where type = 'session.ended' and payload ->> 'reason' = 'admin'`,
    );
    expect(events).toEqual(Array.from({ length: 11 }, () => ({ payload })));
    expect(
      await api.sql(
        `select payload ->> 'matched' as matched from event_log where type = 'session.bulk_end_requested'`,
      ),
    ).toEqual([{ matched: '11' }]);
    const nothing = await admin.post('/admin/sessions/end', { ...wish, dry_run: true }).expect(200);
    expect(nothing.body.data.count).toBe(0);
  });

  it('leaves sessions that begin after the order was taken, and the one that gave it', async () => {
    const { clock, api, admin } = await setup();
    const early = await api.register(aPerson(), from('203.0.113.1'));
    // Whoever would carry it out finds another at it.
    const turn = new pg.Client({ connectionString: api.databaseUrl });
    await turn.connect();
    await turn.query(`select pg_advisory_lock(hashtextextended('rollcall/bulk-end', 0))`);
    const { body } = await admin
      .post('/admin/sessions/end', { filter: { created_before: '2030-01-01T00:00:00Z' }, dry_run: false })
      .expect(202);
    clock.advance(second);
    const late = await api.register(aPerson(), from('203.0.113.2'));
    await turn.end();
    await finished(admin, body.data.order.id);
    expect(inWords(await early.get('/auth/session'))).toBe('401 SESSION_ENDED admin');
    await late.get('/auth/session').expect(200);
    await admin.get('/auth/session').expect(200);
  });

  it('ends the shares of what it ends', async () => {
    const { api, admin } = await setup();
    const device = await api.register(aPerson(), from('203.0.113.1'));
    const share = await device.post('/sessions/shares', { minutes: 30, label: 'Support' }).expect(201);
    const redeemed = await api
      .send('post', '/auth/shares/redeem')
      .set(from('198.51.100.1'))
      .send({ token: share.body.data.token, transport: 'bearer' })
      .expect(200);
    const { body } = await admin.post('/admin/sessions/end', { ...wish, dry_run: false }).expect(202);
    expect(await finished(admin, body.data.order.id)).toMatchObject({ matched: 1, ended: 1 });
    const guest = api.as(redeemed.body.data.access_token);
    expect(inWords(await guest.get('/auth/session'))).toBe('401 SESSION_ENDED admin');
  });

  it('refuses an order that expects another number, or has no condition, or is stale', async () => {
    const { clock, api, admin } = await setup();
    await api.register(aPerson(), from('203.0.113.1'));
    const order = { ...wish, dry_run: false, expected_count: 2 };
    expectProblem(await admin.post('/admin/sessions/end', order), {
      status: 409,
      code: 'CONFLICT',
      field: 'expected_count',
      count: 1,
    });
    for (const filter of [{}, { state: 'live' }, { network: 'x' }])
      expect((await admin.post('/admin/sessions/end', { filter, dry_run: true })).status).toBe(400);
    expect((await admin.post('/admin/sessions/end', wish)).status).toBe(400);
    for (const id of ['019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11', 'none'])
      expectProblem(await admin.get(`/admin/sessions/ends/${id}`), { status: 404, code: 'NOT_FOUND' });
    clock.advance(11 * minute);
    const renewed = await api.refresh(admin.refreshToken).expect(200);
    const later = api.as(renewed.body.data.access_token);
    expect(inWords(await later.post('/admin/sessions/end', { ...wish, dry_run: false }))).toBe(
      '403 STEP_UP_REQUIRED',
    );
    await later.post('/admin/sessions/end', { ...wish, dry_run: true }).expect(200);
  });

  it('is carried out by another instance too, and proven on both', async () => {
    const { clock, api, admin } = await setup();
    const beside = await startApi({ clock, beside: api, env: { TRUST_PROXY: '1', INSTANCE_ID: 'beside' } });
    const device = await api.register(aPerson(), from('203.0.113.1'));
    await beside.as(device.token).get('/auth/session').expect(200);
    const { body } = await admin.post('/admin/sessions/end', { ...wish, dry_run: false }).expect(202);
    await finished(admin, body.data.order.id);
    expect(inWords(await beside.as(device.token).get('/auth/session'))).toBe('401 SESSION_ENDED admin');
  });
});

describe('shares of everybody', () => {
  it('are listed while they are good for something, and ended', async () => {
    const { clock, api, admin } = await setup();
    const [ann, bob] = [await api.register(), await api.register()];
    const made: string[] = [];
    for (const device of [ann, bob, bob]) {
      clock.advance(second);
      const { body } = await device.post('/sessions/shares', { minutes: 30, label: 'Support' }).expect(201);
      made.push(body.data.id);
    }
    const listed = async (query = ''): Promise<string[]> => {
      const { body } = await admin.get(`/admin/shares?${query}`).expect(200);
      return body.data.shares.map(({ id }: { id: string }) => id);
    };
    expect(await listed()).toEqual(made.toReversed());
    expect(await listed(`user_id=${ann.userId}`)).toEqual([made[0]]);
    const first = await admin.get('/admin/shares?page_size=2').expect(200);
    const rest = await admin.get(/<(.*)>/.exec(first.headers.link!)![1]!).expect(200);
    expect(rest.body.data).toMatchObject({ count: 1, shares: [{ id: made[0], user_id: ann.userId }] });
    await admin.delete(`/admin/shares/${made[0]}?reason=unasked`).expect(200);
    expect(await listed()).toEqual([made[2], made[1]]);
    expect(await api.sql(`select payload from event_log where type = 'share.revoked'`)).toEqual([
      { payload: { share: made[0], label: 'Support', by: admin.userId, note: 'unasked' } },
    ]);
    expectProblem(await admin.delete('/admin/shares/none'), { status: 404, code: 'NOT_FOUND' });
    clock.advance(hour);
    await admin.post('/auth/signout');
    const later = await api.signIn(admin.person);
    expect((await later.get('/admin/shares').expect(200)).body.data.count).toBe(0);
  });
});
