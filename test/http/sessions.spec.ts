import { FakeClock } from '@app/testing';
import { type Api, type SignedInDevice, startApi, isWithRedis } from '../support/api.js';
import { expectProblem, expectSuccess } from '../support/expectations.js';
import { aPerson, type Person } from '../support/people.js';

const second = 1000;
const noon = new Date('2026-03-01T12:00:00.000Z');
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

const clock = new FakeClock();
let api: Api;

beforeAll(async () => {
  clock.set(noon);
  api = await startApi({ clock });
});

/** Registers and signs in `others` more times, one second apart: all devices, oldest first. */
async function devicesOf(person: Person, others: number): Promise<SignedInDevice[]> {
  const devices = [await api.register(person)];
  for (let count = 0; count < others; count += 1) {
    clock.advance(second);
    devices.push(await api.signIn(person));
  }
  return devices;
}

async function expectAlive(device: SignedInDevice): Promise<void> {
  const reply = await device.get('/auth/session');
  expect({ status: reply.status, id: reply.body.data?.session.id }).toEqual({
    status: 200,
    id: device.sessionId,
  });
}

async function expectEnded(
  device: SignedInDevice,
  end: { end_reason?: string; ended_at?: string },
): Promise<void> {
  expectProblem(await device.get('/auth/session'), { status: 401, code: 'SESSION_ENDED', ...end });
}

async function statusesOf(devices: readonly SignedInDevice[]): Promise<number[]> {
  return Promise.all(devices.map(async (device) => (await device.get('/auth/session')).status));
}

const isoNow = (): string => clock.now().toISOString();

describe('the story of two devices', () => {
  it('lists both, ends the other one with a reason, and signs out with another [v5.0.0-7.4.1, WSTG-SESS-06]', async () => {
    const person = aPerson();
    const laptop = await api.register(person);
    clock.advance(second);
    const phone = await api.signIn(person);

    const listed = await laptop.get('/sessions').expect(200);
    expect(listed.body.data.count).toBe(2);
    expect(
      listed.body.data.sessions.map((row: { id: string; is_current: boolean }) => [row.id, row.is_current]),
    ).toEqual([
      [phone.sessionId, false],
      [laptop.sessionId, true],
    ]);

    clock.advance(second);
    const ended = { end_reason: 'terminated', ended_at: isoNow() };
    expectSuccess(await laptop.delete(`/sessions/${phone.sessionId}`), {
      id: phone.sessionId,
      ...ended,
      propagation: 'complete',
    });
    clock.advance(second);
    await expectEnded(phone, ended);
    await expectAlive(laptop);

    const signedOut = { end_reason: 'signout', ended_at: isoNow() };
    expectSuccess(await laptop.post('/auth/signout'), {
      message: 'Signed out',
      ...signedOut,
      propagation: 'complete',
    });
    clock.advance(second);
    await expectEnded(laptop, signedOut);
  });

  it('gives every sign-in its own session id, token id and refresh token [v5.0.0-7.2.2]', async () => {
    const devices = await devicesOf(aPerson(), 2);
    const tokenIds = devices.map(
      ({ token }) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).jti as string,
    );
    expect(new Set(devices.map(({ sessionId }) => sessionId)).size).toBe(3);
    expect(new Set(devices.map(({ refreshToken }) => refreshToken)).size).toBe(3);
    expect(new Set(tokenIds).size).toBe(3);
  });

  it('adopts no session id that a client brings along [WSTG-SESS-03, 63B-4 §5.1 origin]', async () => {
    const person = aPerson();
    const planted = 'ab'.repeat(32);
    await api.register(person, { 'x-session-id': planted, cookie: `sid=${planted}; __Host-at=${planted}` });
    await api.signIn(person, { 'x-session-id': planted, cookie: `sid=${planted}` });
    expect(await api.sql('select id from sessions where id = $1', [planted])).toEqual([]);
  });
});

describe('the list', () => {
  it('shows every field of the contract', async () => {
    const person = aPerson({ username: 'lister', full_name: 'A Lister' });
    const device = await api.register(person, { 'user-agent': firefox });
    const createdAt = clock.now();
    const row = {
      id: device.sessionId,
      user_id: device.userId,
      email: person.email,
      created_at: createdAt.toISOString(),
      last_access: createdAt.toISOString(),
      expires_at: new Date(createdAt.getTime() + 7 * 86_400 * second).toISOString(),
      ip_address: '127.0.0.1',
      user_agent: firefox,
      device: { browser: 'Firefox', os: 'Linux', kind: 'desktop' },
      request_count: 0,
      ips_used: ['127.0.0.1'],
      duration_seconds: 0,
      is_active: true,
      is_current: true,
      parent_id: null,
      label: null,
    };
    expect(row.id).toMatch(/^[0-9a-f]{64}$/);
    expectSuccess(await device.get('/sessions'), { sessions: [row], count: 1 });
    expectSuccess(await device.get('/sessions/active'), { sessions: [row], count: 1 });
    expectSuccess(await device.get('/sessions/current'), row);
  });

  it('shows seconds between creation and last access as the duration', async () => {
    const device = await api.register();
    await api.sql(`update sessions set last_access_at = created_at + interval '90.9 s' where id = $1`, [
      device.sessionId,
    ]);
    const { body } = await device.get('/sessions/current').expect(200);
    expect(body.data.duration_seconds).toBe(90);
  });

  it('names the user and the session on /auth/session and /auth/me', async () => {
    const person = aPerson({ username: 'Named.One', full_name: 'Named One' });
    const device = await api.register(person);
    const at = isoNow();
    const principal = {
      user: {
        id: device.userId,
        email: person.email,
        username: 'Named.One',
        full_name: 'Named One',
        role: 'user',
      },
      session: {
        id: device.sessionId,
        profile: 'standard',
        scope: 'full',
        created_at: at,
        authenticated_at: at,
        idle_expires_at: new Date(clock.now().getTime() + 43_200 * second).toISOString(),
        expires_at: new Date(clock.now().getTime() + 604_800 * second).toISOString(),
      },
    };
    expectSuccess(await device.get('/auth/session'), principal);
    expectSuccess(await device.get('/auth/me'), principal);
  });

  it('counts live sessions and tells whether there is a Redis', async () => {
    const [first, , third] = await devicesOf(aPerson(), 2);
    expectSuccess(await first!.get('/auth/sessions'), { active_sessions: 3, redis_available: isWithRedis });
    await third!.post('/auth/signout').expect(200);
    expectSuccess(await first!.get('/auth/sessions'), { active_sessions: 2, redis_available: isWithRedis });
  });

  it('holds nobody else’s sessions', async () => {
    const [ann, bob] = [await api.register(), await api.register()];
    const { body } = await ann.get('/sessions').expect(200);
    expect(body.data.sessions.map((row: { id: string }) => row.id)).toEqual([ann.sessionId]);
    expect(JSON.stringify(body)).not.toContain(bob.userId);
  });

  /** @see https://github.com/zitadel/zitadel/issues/10045 */
  it('drops an ended session for good', async () => {
    const [kept, ended] = await devicesOf(aPerson(), 1);
    await kept!.delete(`/sessions/${ended!.sessionId}`).expect(200);
    const { body } = await kept!.get('/sessions').expect(200);
    expect(body.data.sessions.map((row: { id: string }) => row.id)).toEqual([kept!.sessionId]);
  });
});

describe('ending one session', () => {
  it.each([0, 1, 2, 3, 4])('ends session %i of five and no other [v5.0.0-7.5.2]', async (victim) => {
    const devices = await devicesOf(aPerson(), 4);
    const actor = devices[(victim + 1) % 5]!;
    await actor.delete(`/sessions/${devices[victim]!.sessionId}`).expect(200);
    expect(await statusesOf(devices)).toEqual(devices.map((_, index) => (index === victim ? 401 : 200)));
  });

  it('ends the session of the request itself', async () => {
    const device = await api.register();
    await device.delete(`/sessions/${device.sessionId}`).expect(200);
    await expectEnded(device, { end_reason: 'terminated', ended_at: isoNow() });
  });

  it('may be repeated and then tells the first end', async () => {
    const [actor, victim] = await devicesOf(aPerson(), 1);
    const first = await actor!.delete(`/sessions/${victim!.sessionId}`).expect(200);
    clock.advance(5 * second);
    const again = await actor!.delete(`/sessions/${victim!.sessionId}`).expect(200);
    expect(again.body).toEqual(first.body);
    const events = await api.sql(`select 1 from event_log where session_id = $1 and type = 'session.ended'`, [
      victim!.sessionId,
    ]);
    expect(events).toHaveLength(1);
  });

  it('answers another user’s id like an unknown one and leaves that session alone [v5.0.0-8.2.2]', async () => {
    const [ann, bob] = [await api.register(), await api.register()];
    const before = await api.fingerprint();
    const foreign = await ann.delete(`/sessions/${bob.sessionId}`);
    const unknown = await ann.delete(`/sessions/${'0'.repeat(64)}`);
    expectProblem(foreign, { status: 404, code: 'NOT_FOUND' });
    expectProblem(unknown, { status: 404, code: 'NOT_FOUND' });
    const { request_id: _one, ...foreignBody } = foreign.body;
    const { request_id: _other, ...unknownBody } = unknown.body;
    expect(foreignBody).toEqual(unknownBody);
    expect(await api.fingerprint()).toEqual(before);
    await expectAlive(bob);
  });

  const malformed = [
    ['a word', 'x'],
    ['63 digits', 'a'.repeat(63)],
    ['65 digits', 'a'.repeat(65)],
    ['capital digits', 'A'.repeat(64)],
    ['64 letters that are no digits', 'g'.repeat(64)],
    ['a null byte', '%00'],
    ['a wildcard', '*'],
    ['SQL', encodeURIComponent(`' or '1'='1`)],
    ['markup', encodeURIComponent('<script>alert(1)</script>')],
    ['dots encoded once', '%2e%2e%2fcurrent'],
    ['dots encoded twice', '%252e%252e'],
    ['a format string', encodeURIComponent('%s%n')],
  ] as const;

  it.each(malformed)(
    'answers %s in place of an id with 404 [v5.0.0-1.1.1, v5.0.0-1.2.4, session id as input]',
    async (_what, id) => {
      const device = await api.register();
      const before = await api.fingerprint();
      expectProblem(await device.delete(`/sessions/${id}`), { status: 404, code: 'NOT_FOUND' });
      expect(await api.fingerprint()).toEqual(before);
    },
  );

  it('refuses an id that is longer than any address part may be', async () => {
    const device = await api.register();
    const reply = await device.delete(`/sessions/${'a'.repeat(1000)}`);
    expectProblem(reply, { status: 400, code: 'VALIDATION_FAILED' });
  });
});

describe('ending all others', () => {
  it.each([
    ['without X-Session-ID', (): Record<string, string> => ({})],
    ['with another session’s id in X-Session-ID', (id: string) => ({ 'x-session-id': id })],
    ['with another session’s id in a cookie', (id: string) => ({ cookie: `session=${id}; sid=${id}` })],
  ])('keeps exactly the session of the verified token, %s [v5.0.0-7.2.1]', async (_how, headersFor) => {
    const devices = await devicesOf(aPerson(), 3);
    const [other, current] = devices;
    const reply = await current!
      .delete(`/sessions?current=${other!.sessionId}&keep=${other!.sessionId}`)
      .set(headersFor(other!.sessionId));
    expectSuccess(reply, { terminated: 3, kept: 1, propagation: 'complete' });
    expect(await statusesOf(devices)).toEqual([401, 200, 401, 401]);
    await expectEnded(other!, { end_reason: 'terminated', ended_at: isoNow() });
  });

  it('may be repeated', async () => {
    const [, current] = await devicesOf(aPerson(), 1);
    await current!.delete('/sessions').expect(200);
    expectSuccess(await current!.delete('/sessions'), { terminated: 0, kept: 1, propagation: 'complete' });
  });

  it('touches no other user', async () => {
    const [ann, bob] = [await api.register(), await api.register()];
    await ann.delete('/sessions').expect(200);
    await expectAlive(bob);
  });
});

describe('signing out', () => {
  it('succeeds again and again, and tells the first end each time', async () => {
    const device = await api.register();
    const first = await device.post('/auth/signout').expect(200);
    clock.advance(second);
    const next = await device.post('/auth/signout').expect(200);
    const third = await device.post('/auth/logout').expect(200);
    expect(next.body).toEqual(first.body);
    expect(third.body).toEqual(first.body);
  });

  it('succeeds with a session that was ended otherwise, and tells how', async () => {
    const [actor, victim] = await devicesOf(aPerson(), 1);
    await actor!.delete(`/sessions/${victim!.sessionId}`).expect(200);
    const { body } = await victim!.post('/auth/signout').expect(200);
    expect(body.data.end_reason).toBe('terminated');
  });

  it('succeeds with an expired token and really ends the session', async () => {
    const [device, other] = await devicesOf(aPerson(), 1);
    clock.advance(601 * second);
    expectProblem(await device!.get('/auth/session'), { status: 401, code: 'TOKEN_EXPIRED' });
    const { body } = await device!.post('/auth/signout').expect(200);
    expect(body.data.end_reason).toBe('signout');
    await expectEnded(device!, { end_reason: 'signout', ended_at: isoNow() });
    expect((await other!.get('/auth/session')).body.code).toBe('TOKEN_EXPIRED');
  });

  /** @see https://github.com/different-ai-studio/teamclu/pull/1507 */
  it('touches one session only', async () => {
    const devices = await devicesOf(aPerson(), 2);
    await devices[1]!.post('/auth/signout').expect(200);
    expect(await statusesOf(devices)).toEqual([200, 401, 200]);
  });

  it('ends the session of the token whatever X-Session-ID says', async () => {
    const [own, other] = await devicesOf(aPerson(), 1);
    await own!.post('/auth/signout').set('x-session-id', other!.sessionId).expect(200);
    expect(await statusesOf([own!, other!])).toEqual([401, 200]);
  });

  it('refuses without a token and with one that is not ours', async () => {
    expectProblem(await api.send('post', '/auth/signout'), { status: 401, code: 'UNAUTHENTICATED' });
    expectProblem(await api.as('a.b.c').post('/auth/signout'), { status: 401, code: 'TOKEN_INVALID' });
  });
});

describe('signing out everywhere', () => {
  it('ends every session of the user, this one too, and counts them [v5.0.0-7.4.1]', async () => {
    const devices = await devicesOf(aPerson(), 3);
    const bystander = await api.register();
    expectSuccess(await devices[1]!.post('/auth/logout-all'), {
      message: 'Signed out everywhere',
      sessions_deleted: 4,
      propagation: 'complete',
    });
    for (const device of devices)
      await expectEnded(device, { end_reason: 'signout_all', ended_at: isoNow() });
    await expectAlive(bystander);
  });

  it('does not count sessions that were over already', async () => {
    const [first, next] = await devicesOf(aPerson(), 1);
    await first!.post('/auth/signout').expect(200);
    expect((await next!.post('/auth/logout-all').expect(200)).body.data.sessions_deleted).toBe(1);
  });

  it('lets the same person sign in again at once', async () => {
    const device = await api.register();
    await device.post('/auth/logout-all').expect(200);
    await expectAlive(await api.signIn(device.person));
  });

  /** @see https://github.com/better-auth/better-auth/issues/11073 */
  it('misses none of fifty sessions that were opened in parallel', async () => {
    const roomy = await startApi({ env: { SESSION_LIMIT: '100' } });
    const device = await roomy.register();
    const more = await Promise.all(Array.from({ length: 49 }, () => roomy.signIn(device.person)));
    expect((await device.get('/sessions').expect(200)).body.data.count).toBe(50);
    expectSuccess(await device.delete('/sessions'), { terminated: 49, kept: 1, propagation: 'complete' });
    expect(await statusesOf([device, ...more])).toEqual([200, ...more.map(() => 401)]);
  });
});

describe('the session limit', () => {
  it('ends the oldest with reason limit at the sixth sign-in [v5.0.0-2.3.2, v5.0.0-7.1.2, WSTG-SESS-11]', async () => {
    const person = aPerson();
    const devices = await devicesOf(person, 4);
    clock.advance(second);
    devices.push(await api.signIn(person));
    expect(await statusesOf(devices)).toEqual([401, 200, 200, 200, 200, 200]);
    await expectEnded(devices[0]!, { end_reason: 'limit', ended_at: isoNow() });
    expect((await devices[5]!.get('/sessions')).body.data.count).toBe(5);
  });

  it('leaves exactly five of twenty parallel sign-ins [v5.0.0-2.3.4]', async () => {
    const first = await api.register();
    const more = await Promise.all(Array.from({ length: 20 }, () => api.signIn(first.person)));
    const statuses = await statusesOf([first, ...more]);
    expect(statuses.filter((status) => status === 200)).toHaveLength(5);
    expect(statuses.filter((status) => status === 401)).toHaveLength(16);
  });

  it('does not count ended sessions', async () => {
    const person = aPerson();
    const devices = await devicesOf(person, 4);
    await devices[2]!.post('/auth/signout').expect(200);
    devices.push(await api.signIn(person));
    expect(await statusesOf(devices)).toEqual([200, 200, 401, 200, 200, 200]);
  });

  it('ends the longest unused one under evict_idle', async () => {
    const idle = await startApi({ env: { SESSION_LIMIT: '2', SESSION_LIMIT_POLICY: 'evict_idle' } });
    const first = await idle.register();
    const unused = await idle.signIn(first.person);
    await idle.sql(`update sessions set last_access_at = last_access_at + interval '1 min' where id = $1`, [
      first.sessionId,
    ]);
    const third = await idle.signIn(first.person);
    expect(await statusesOf([first, unused, third])).toEqual([200, 401, 200]);
  });

  it('refuses further sign-ins under deny, and admits them after a sign-out', async () => {
    const strict = await startApi({ env: { SESSION_LIMIT: '2', SESSION_LIMIT_POLICY: 'deny' } });
    const first = await strict.register();
    const next = await strict.signIn(first.person);
    const { email, password } = first.person;
    const before = await strict.fingerprint();
    expectProblem(await strict.send('post', '/auth/signin').send({ email, password }), {
      status: 403,
      code: 'SESSION_LIMIT_REACHED',
      limit: 2,
    });
    expect(await strict.fingerprint()).toEqual(before);
    expect(await statusesOf([first, next])).toEqual([200, 200]);
    await first.post('/auth/signout').expect(200);
    await expectAlive(await strict.signIn(first.person));
  });
});
