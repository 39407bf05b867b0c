import { FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { aPerson, type Person } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const clock = new FakeClock(noon);
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const newerFirefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:155.0) Gecko/20100101 Firefox/155.0';
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) ' +
  'Version/18.0 Mobile/15E148 Safari/604.1';
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock, env: { TRUST_PROXY: '1' } });
});

beforeEach(() => clock.set(noon));

interface Event {
  readonly type: string;
  readonly details: Record<string, unknown>;
}

const signIn = (person: Person, body: object = {}, headers: Record<string, string> = {}, at: Api = api) =>
  at
    .send('post', '/auth/signin')
    .set(headers)
    .send({ email: person.email, password: person.password, ...body });

const eventsOf = async (token: string, at: Api = api): Promise<Event[]> =>
  (await at.as(token).get('/sessions/events?page_size=100').expect(200)).body.data.events;

const typesOf = async (token: string, at: Api = api): Promise<string[]> =>
  (await eventsOf(token, at)).map(({ type }) => type);

const cookieOf = (reply: Response, name: string): string | undefined =>
  ([reply.headers['set-cookie'] ?? []] as string[][]).flat().find((each) => each.startsWith(`${name}=`));

const tokenOf = ({ body }: Response): string => body.data.access_token;

describe('signing in again from the same device', () => {
  it('replaces its session, known by the cookie of the browser', async () => {
    const { person } = await api.register();
    const first = await signIn(person).expect(200);
    const did = cookieOf(first, 'did')!;
    expect(did).toMatch(/^did=[\w-]{32}; Path=\/; Max-Age=34560000; HttpOnly; SameSite=Lax$/);
    const again = await signIn(person, {}, { cookie: did.split(';')[0]! }).expect(200);
    const ended = await api.as(tokenOf(first)).get('/auth/session');
    expect([ended.status, ended.body.end_reason]).toEqual([401, 'replaced']);
    const { body } = await api.as(tokenOf(again)).get('/sessions').expect(200);
    expect(body.data.count).toBe(2);
  });

  it('replaces its session, known by the id of the app, and takes no other place at the limit', async () => {
    const { person } = await api.register();
    for (let count = 0; count < 12; count += 1) {
      await signIn(person, { transport: 'bearer', device_id: 'an-app-on-a-phone' }).expect(200);
    }
    const last = await signIn(person, { transport: 'bearer', device_id: 'an-app-on-a-phone' }).expect(200);
    const { body } = await api.as(tokenOf(last)).get('/sessions').expect(200);
    expect(body.data.count).toBe(2);
  });

  it('does nothing to sessions of another user on it', async () => {
    const [ann, bob] = [await api.register(), await api.register()];
    const device = { device_id: 'one-tablet-for-two', transport: 'bearer' };
    const first = await signIn(ann.person, device).expect(200);
    await signIn(bob.person, device).expect(200);
    await api.as(tokenOf(first)).get('/auth/session').expect(200);
  });

  it.each(['short', 'with blank inside it', 'x'.repeat(129), `"><script>alert(1)</script>`])(
    'takes no %j for an id',
    async (id) => {
      const { person } = await api.register();
      expect((await signIn(person, { device_id: id })).body.code).toBe('VALIDATION_FAILED');
    },
  );

  it('opens nothing by the cookie alone [63B-4 §5.1]', async () => {
    const { person } = await api.register();
    const did = cookieOf(await signIn(person).expect(200), 'did')!;
    const reply = await api.send('get', '/auth/session').set('cookie', did.split(';')[0]!);
    expectProblem(reply, { status: 401, code: 'UNAUTHENTICATED' });
  });
});

describe('with SESSION_LIMIT_POLICY=ask', () => {
  let asking: Api;
  let person: Person;
  let devices: SignedInDevice[];

  beforeAll(async () => {
    asking = await startApi({ clock, env: { SESSION_LIMIT_POLICY: 'ask', SESSION_LIMIT: '2' } });
  });

  beforeEach(async () => {
    person = aPerson();
    const first = await asking.register(person);
    clock.advance(second);
    devices = [first, await asking.signIn(person)];
  });

  const choose = (ticket: string, id: string) =>
    asking.send('post', '/auth/signin/continue').send({ ticket, end_session_id: id, transport: 'bearer' });

  it('a full account is asked which session shall give way, and that one does', async () => {
    const refused = await signIn(person, {}, {}, asking);
    expectProblem(refused, {
      status: 403,
      code: 'SESSION_LIMIT_REACHED',
      limit: 2,
      ticket: expect.any(String),
      ticket_expires_in: 300,
      sessions: devices.toReversed().map(({ sessionId }) => expect.objectContaining({ id: sessionId })),
    });
    const reply = await choose(refused.body.ticket, devices[1]!.sessionId).expect(200);
    expect(reply.body.data.propagation).toBe('complete');
    await asking.as(tokenOf(reply)).get('/auth/session').expect(200);
    await devices[0]!.get('/auth/session').expect(200);
    expect((await devices[1]!.get('/auth/session')).body.end_reason).toBe('terminated');
  });

  it('the browser that got no answer yet is known by the cookie of the second step', async () => {
    const { body: choice } = await signIn(person, {}, {}, asking).expect(403);
    const opened = await asking
      .send('post', '/auth/signin/continue')
      .send({ ticket: choice.ticket, end_session_id: devices[0]!.sessionId })
      .expect(200);
    const did = cookieOf(opened, 'did')!.split(';')[0]!;
    await signIn(person, {}, { cookie: did }, asking).expect(200);
    const ended = await asking.as(tokenOf(opened)).get('/auth/session');
    expect([ended.status, ended.body.end_reason]).toEqual([401, 'replaced']);
  });

  it('a ticket works once, also when it is used twice at once', async () => {
    const { ticket } = (await signIn(person, {}, {}, asking)).body;
    const replies = await Promise.all([1, 2, 3].map(() => choose(ticket, devices[0]!.sessionId)));
    expect(replies.map(({ status }) => String(status)).toSorted()).toEqual(['200', '401', '401']);
  });

  it('a ticket dies after five minutes, with a changed password, and by any change of its text', async () => {
    const [late, stale] = [await signIn(person, {}, {}, asking), await signIn(person, {}, {}, asking)];
    const { ticket } = late.body;
    const forged = Buffer.from(ticket.split('.')[0], 'base64url').toString().replace('standard', 'remember');
    const tampered = `${Buffer.from(forged).toString('base64url')}.${ticket.split('.')[1]}`;
    for (const each of [tampered, `${ticket}A`, 'a.b', '.']) {
      expect((await choose(each, devices[0]!.sessionId)).body.code).toBe('TOKEN_INVALID');
    }
    await devices[0]!
      .put('/auth/profile/password', {
        current_password: person.password,
        new_password: 'some other words that make a phrase',
      })
      .expect(200);
    expect((await choose(stale.body.ticket, devices[1]!.sessionId)).body.code).toBe('TOKEN_INVALID');
    clock.advance(300 * second);
    expect((await choose(ticket, devices[0]!.sessionId)).body.code).toBe('TOKEN_INVALID');
  });

  it('nobody ends the session of somebody else by a ticket', async () => {
    const stranger = await asking.register();
    const { ticket } = (await signIn(person, {}, {}, asking)).body;
    expectProblem(await choose(ticket, stranger.sessionId), { status: 404, code: 'NOT_FOUND' });
    await stranger.get('/auth/session').expect(200);
  });
});

describe('what is unusual', () => {
  it('is told to the owner: a new device, a new network, not the first ones and not known ones', async () => {
    const at = (ip: string, agent: string) => ({ 'x-forwarded-for': ip, 'user-agent': agent });
    const home = at('198.51.100.7', firefox);
    const device = await api.register(aPerson(), home);
    await signIn(device.person, { transport: 'bearer' }, at('198.51.100.99', newerFirefox)).expect(200);
    expect(await typesOf(device.token)).not.toContain('signin.new_device');
    const abroad = await signIn(device.person, { transport: 'bearer' }, at('203.0.113.9', safari)).expect(
      200,
    );
    const events = await eventsOf(tokenOf(abroad));
    expect(events.find(({ type }) => type === 'signin.new_device')?.details).toEqual({
      ip_address: '203.0.113.9',
      device: { browser: 'Safari', os: 'iOS', kind: 'mobile' },
    });
    expect(events.map(({ type }) => type)).toContain('signin.new_network');
    const before = (await typesOf(tokenOf(abroad))).filter((type) => type.startsWith('signin.new')).length;
    const again = await signIn(device.person, { transport: 'bearer' }, at('203.0.113.200', safari)).expect(
      200,
    );
    const after = (await typesOf(tokenOf(again))).filter((type) => type.startsWith('signin.new')).length;
    expect(after).toBe(before);
  });

  it('is a program that keeps no cookies once, not at each sign-in', async () => {
    const { person } = await api.register(aPerson(), { 'user-agent': firefox });
    const script = { 'user-agent': 'backup-script/1.0' };
    for (let count = 0; count < 3; count += 1) await signIn(person, {}, script).expect(200);
    const types = await typesOf(tokenOf(await signIn(person, {}, script)));
    expect(types.filter((type) => type === 'signin.new_device')).toHaveLength(1);
  });

  it('is no program that sends the cookie back which it was offered', async () => {
    const script = { 'user-agent': 'backup-script/1.0' };
    const { person } = await api.register(aPerson(), script);
    const offered = cookieOf(await signIn(person, {}, script), 'did')!;
    const again = await signIn(person, {}, { ...script, cookie: offered.split(';')[0]! });
    expect(await typesOf(tokenOf(again))).not.toContain('signin.new_device');
  });

  it.each([
    ['asks for cookies', { transport: 'cookie' }, {}],
    ['comes from a page', {}, { origin: 'http://localhost:3000' }],
  ])(
    'is a browser without its cookie that %s, though it is like a known one',
    async (_case, body, headers) => {
      const browser = { 'user-agent': firefox, ...headers };
      const { person } = await api.register(aPerson(), browser);
      await signIn(person, body, browser).expect(200);
      const onlooker = await signIn(person, { transport: 'bearer' }, { 'user-agent': firefox });
      expect(await typesOf(tokenOf(onlooker))).toContain('signin.new_device');
    },
  );

  it('is a success after many failures', async () => {
    const device = await api.register();
    clock.advance(second);
    for (let count = 0; count < 5; count += 1) {
      await signIn(device.person, { password: 'nine entirely wrong words' }).expect(401);
    }
    const reply = await signIn(device.person).expect(200);
    const events = await eventsOf(tokenOf(reply));
    expect(events.filter(({ type }) => type === 'signin.failed')).toHaveLength(5);
    expect(events.find(({ type }) => type === 'signin.after_failures')?.details.failures).toBe(5);
  });

  it('is another browser inside a session, told once; an update of the browser is nothing', async () => {
    const device = await api.register(aPerson(), { 'user-agent': firefox });
    await device.get('/auth/session').set('user-agent', newerFirefox).expect(200);
    for (let count = 0; count < 5; count += 1) {
      await device.get('/auth/session').set('user-agent', safari).expect(200);
    }
    const changes = (await typesOf(device.token)).filter((type) => type === 'session.agent_changed');
    expect(changes.length).toBeLessThanOrEqual(2);
    expect(changes.length).toBeGreaterThan(0);
  });

  it('ends the session where SESSION_BIND_USER_AGENT says so', async () => {
    const strict = await startApi({ clock, env: { SESSION_BIND_USER_AGENT: 'end' } });
    const device = await strict.register(aPerson(), { 'user-agent': firefox });
    await device.get('/auth/session').set('user-agent', newerFirefox).expect(200);
    const refused = await device.get('/auth/session').set('user-agent', safari);
    expect([refused.status, refused.body.code, refused.body.end_reason]).toEqual([
      401,
      'SESSION_ENDED',
      'terminated',
    ]);
    const own = await device.get('/auth/session').set('user-agent', firefox);
    expect(own.status).toBe(401);
  });

  it('pages, newest first, and shows nobody else', async () => {
    const device = await api.register();
    await Promise.all([signIn(device.person), signIn(device.person)]);
    const all = await eventsOf(device.token);
    const seen: unknown[] = [];
    let path = '/sessions/events?page_size=2';
    for (;;) {
      const { body, headers } = await device.get(path).expect(200);
      seen.push(...body.data.events);
      const next = /<\/api\/v1([^>]+)>; rel="next"/.exec(headers['link'] ?? '');
      if (!next) break;
      path = next[1]!;
    }
    expect(seen).toEqual(all);
    expectProblem(await device.get('/sessions/events?page_token=made-up'), {
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'page_token', message: 'is not a token of this list' }],
    });
  });
});

describe('the history', () => {
  it('lists what is over with its reason, page by page', async () => {
    const person = aPerson();
    const devices = [await api.register(person)];
    for (let count = 0; count < 6; count += 1) {
      clock.advance(second);
      devices.push(await api.signIn(person));
    }
    const last = devices.at(-1)!;
    await last.delete(`/sessions/${devices[5]!.sessionId}`).expect(200);
    const { body } = await last.get('/sessions/history?page_size=2').expect(200);
    expect(
      body.data.sessions.map((one: { id: string; end_reason: string }) => [one.id, one.end_reason]),
    ).toEqual([
      [devices[5]!.sessionId, 'terminated'],
      [devices[1]!.sessionId, 'limit'],
    ]);
    const rest = await last.get(`/sessions/history?page_token=${body.data.next_page_token}`).expect(200);
    expect(rest.body.data.sessions.map((one: { id: string }) => one.id)).toEqual([devices[0]!.sessionId]);
    expect(rest.body.data.next_page_token).toBeNull();
    expect(rest.headers['link']).toBeUndefined();
  });

  it.each(['page_size=0', 'page_size=101', 'page_size=x', 'page_token=%22'])('refuses %s', async (query) => {
    const device = await api.register();
    expect((await device.get(`/sessions/history?${query}`)).body.code).toBe('VALIDATION_FAILED');
  });
});

describe('the analytics', () => {
  it('count sign-ins by day, device and network', async () => {
    const at = (ip: string, agent: string) => ({ 'x-forwarded-for': ip, 'user-agent': agent });
    const device = await api.register(aPerson(), at('198.51.100.7', firefox));
    clock.advance(86_400 * second);
    const reply = await signIn(device.person, {}, at('2001:db8:1:2::3', safari)).expect(200);
    const { body } = await api.as(tokenOf(reply)).get('/sessions/analytics').expect(200);
    expect(body.data).toEqual({
      active_sessions: 1,
      total_sessions: 2,
      last_login_at: '2026-03-02T12:00:00.000Z',
      sign_ins_per_day: [
        { date: '2026-03-01', count: 1 },
        { date: '2026-03-02', count: 1 },
      ],
      by_device: [
        { name: 'Firefox on Linux', count: 1 },
        { name: 'Safari on iOS', count: 1 },
      ],
      by_network: [
        { name: '198.51.100.0/24', count: 1 },
        { name: '2001:db8:1::/48', count: 1 },
      ],
    });
  });
});

describe('a share', () => {
  const share = (device: SignedInDevice, minutes = 30) =>
    device.post('/sessions/shares', { minutes, label: 'Support, Bob' });
  const redeem = (token: string) =>
    api.send('post', '/auth/shares/redeem').send({ token, transport: 'bearer' });

  it('opens a session once that may read and nothing else', async () => {
    const device = await api.register();
    const { body } = await share(device).expect(201);
    expect(body.data.link).toBe(`http://localhost:3000/account/shared#${body.data.token}`);
    const opened = await redeem(body.data.token).expect(200);
    expect(opened.body.data.session).toMatchObject({ scope: 'read', expires_at: '2026-03-01T12:30:00.000Z' });
    const guest = api.as(tokenOf(opened));
    await guest.get('/auth/session').expect(200);
    const { body: list } = await guest.get('/sessions').expect(200);
    const own = list.data.sessions.find((one: { is_current: boolean }) => one.is_current);
    expect(own).toMatchObject({ parent_id: device.sessionId, label: 'Support, Bob' });
    for (const act of [
      guest.post('/sessions/shares', { minutes: 5, label: 'more' }),
      guest.delete('/sessions'),
      guest.delete(`/sessions/${device.sessionId}`),
      guest.post('/auth/logout-all'),
      guest.post('/auth/step-up', { password: device.person.password }),
    ]) {
      expectProblem(await act, { status: 403, code: 'FORBIDDEN' });
    }
    expectProblem(await redeem(body.data.token), { status: 401, code: 'TOKEN_INVALID' });
  });

  it('dies with its parent, however that ends, at once', async () => {
    const ends: ((device: SignedInDevice) => PromiseLike<Response>)[] = [
      (device) => device.post('/auth/signout'),
      (device) => device.post('/auth/logout-all'),
      (device) => device.post('/auth/step-up', { password: device.person.password }),
      async (device) => (await api.signIn(device.person)).delete(`/sessions/${device.sessionId}`),
    ];
    for (const end of ends) {
      const device = await api.register();
      const guest = await redeem((await share(device)).body.data.token).expect(200);
      expect((await end(device)).status).toBe(200);
      expect((await api.as(tokenOf(guest)).get('/auth/session')).status).toBe(401);
      expect((await api.refresh(guest.body.data.refresh_token)).status).toBe(401);
    }
  });

  it('times out with its parent, and at its own end whatever it is used for', async () => {
    const device = await api.register();
    const guest = await redeem((await share(device, 60)).body.data.token).expect(200);
    clock.advance(59 * 60 * second);
    const { body } = await api.refresh(guest.body.data.refresh_token).expect(200);
    expect(body.data.expires_in).toBe(60);
    clock.advance(60 * second);
    expect((await api.as(body.data.access_token).get('/auth/session')).body.code).toBe('SESSION_EXPIRED');
    expect((await api.refresh(body.data.refresh_token)).body.code).toBe('SESSION_EXPIRED');
  });

  it('is listed and revoked by its owner, redeemed or not', async () => {
    const device = await api.register();
    const open = await share(device);
    clock.advance(second);
    const used = await share(device);
    const guest = await redeem(used.body.data.token).expect(200);
    const listed = await device.get('/sessions/shares').expect(200);
    expect(listed.body.data.shares.map(({ id }: { id: string }) => id)).toEqual([
      used.body.data.id,
      open.body.data.id,
    ]);
    for (const { body } of [open, used]) await device.delete(`/sessions/shares/${body.data.id}`).expect(200);
    expect((await api.as(tokenOf(guest)).get('/auth/session')).body.end_reason).toBe('terminated');
    expect((await redeem(open.body.data.token)).body.code).toBe('TOKEN_INVALID');
    const stranger = await api.register();
    for (const id of [open.body.data.id, 'nothing']) {
      expectProblem(await stranger.delete(`/sessions/shares/${id}`), { status: 404, code: 'NOT_FOUND' });
    }
  });

  it('takes no place at the session limit and is redeemed once by many at once', async () => {
    const person = aPerson();
    const device = await api.register(person);
    for (let count = 0; count < 4; count += 1) await api.signIn(person);
    const { token } = (await share(device)).body.data;
    const replies = await Promise.all(Array.from({ length: 10 }, () => redeem(token)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    await device.get('/auth/session').expect(200);
    expect((await device.get('/sessions')).body.data.count).toBe(6);
  });

  it('keeps no usable token in the store [P5]', async () => {
    const device = await api.register();
    const { token } = (await share(device)).body.data;
    expect(JSON.stringify(await api.sql('select * from session_shares'))).not.toContain(token);
    expect(JSON.stringify(await api.sql('select * from event_log'))).not.toContain(token);
  });
});
