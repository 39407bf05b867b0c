import { FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem, inWords } from '../support/expectations.js';
import { aPerson, goodPassword } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const minute = 60_000;
const unknown = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11';
const nextPassword = 'some other words that make a phrase';
const clock = new FakeClock(noon);
let api: Api;
let admin: SignedInDevice;

beforeAll(async () => {
  api = await startApi({ clock });
  admin = await api.administrator();
});

const eventsOf = async (userId: string, type: string): Promise<Record<string, unknown>[]> =>
  (
    await api.sql<{ payload: Record<string, unknown> }>(
      'select payload from event_log where user_id = $1 and type = $2 order by id',
      [userId, type],
    )
  ).map(({ payload }) => payload);

const act = (userId: string, what: string, body: object = {}) =>
  admin.post(`/admin/users/${userId}/${what}`, body);
const found = async (query: string): Promise<string[]> => {
  const { body } = await admin.get(`/admin/users?${query}`).expect(200);
  return body.data.users.map(({ id }: { id: string }) => id);
};

describe('searching users', () => {
  it('finds a person by how the address, the username or the name begins, or by the whole id', async () => {
    const person = aPerson({
      email: 'Zora.Quill@example.com',
      username: 'zquill',
      full_name: 'Zoë_Quill 100%',
    });
    const { userId } = await api.register(person);
    for (const q of ['zora.q', 'ZORA.QUILL@example.com', 'zqu', 'zoë_q', userId])
      expect([q, await found(`q=${encodeURIComponent(q)}`)]).toEqual([q, [userId]]);
    for (const q of ['quill', 'zo%', 'zor_', unknown])
      expect([q, await found(`q=${encodeURIComponent(q)}`)]).toEqual([q, []]);
  });

  it('narrows by role and state', async () => {
    const { userId } = await api.register(aPerson({ email: 'narrow.one@example.com' }));
    await act(userId, 'disable').expect(200);
    expect(await found('q=narrow.&state=disabled')).toEqual([userId]);
    expect(await found('q=narrow.&state=active')).toEqual([]);
    expect(await found('q=narrow.&role=admin')).toEqual([]);
    expect(await found('role=admin')).toContain(admin.userId);
    expectProblem(await admin.get('/admin/users?state=gone'), {
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: expect.any(Array),
    });
  });

  it('shows each person there was exactly once, page by page, while others register', async () => {
    const ids: string[] = [];
    for (let made = 0; made < 7; made += 1) {
      clock.advance(1);
      ids.push((await api.register(aPerson({ email: `paged.${made}@example.com` }))).userId);
    }
    const seen: string[] = [];
    let next: string | null = '/admin/users?q=paged.&page_size=2';
    while (next) {
      const { body, headers }: Response = await admin.get(next).expect(200);
      seen.push(...body.data.users.map(({ id }: { id: string }) => id));
      next = /<(.*)>; rel="next"/.exec(headers.link ?? '')?.[1] ?? null;
      clock.advance(1);
      await api.register(aPerson({ email: `paged.late${seen.length}@example.com` }));
    }
    clock.set(noon);
    expect(seen).toEqual(ids.toReversed());
  });

  it('shows one person with the number of live sessions', async () => {
    const device = await api.register();
    await api.signIn(device.person);
    const { body } = await admin.get(`/admin/users/${device.userId}`).expect(200);
    expect(body.data).toMatchObject({ id: device.userId, state: 'active', role: 'user', live_sessions: 2 });
    expect(JSON.stringify(body)).not.toContain('argon2');
  });
});

describe('an unknown user', () => {
  it.each([
    ['get', ''],
    ['get', '/sessions'],
    ['get', '/history'],
    ['get', '/events'],
    ['delete', '/sessions'],
    ['post', '/disable'],
    ['post', '/enable'],
    ['post', '/unlock'],
    ['post', '/require-password-change'],
    ['put', '/role'],
  ] as const)('is answered 404 to %s %s, also for what is no id', async (method, path) => {
    const body = method === 'put' ? { role: 'user' } : method === 'post' ? {} : undefined;
    for (const id of [unknown, 'nobody'])
      expectProblem(await admin.send(method, `/admin/users/${id}${path}`, body), {
        status: 404,
        code: 'NOT_FOUND',
      });
  });
});

describe('creating a user', () => {
  it('v5.0.0-6.4.1 makes a password that is shown once and has to be replaced', async () => {
    const email = 'made.for@example.com';
    const { body } = await admin
      .post('/admin/users', { email, full_name: 'Made', reason: 'hired' })
      .expect(201);
    const { id, generated_password: password } = body.data;
    expect(password).toMatch(/^[\w-]{24}$/);
    expect(await eventsOf(id, 'user.created')).toEqual([{ role: 'user', by: admin.userId, note: 'hired' }]);
    const device = await api.signIn({ email, password });
    expect(inWords(await device.get('/auth/session'))).toBe('403 PASSWORD_CHANGE_REQUIRED');
    expect(JSON.stringify((await admin.get(`/admin/users/${id}`)).body)).not.toContain(password);
    expect(api.log.text).not.toContain(password);
  });

  it('takes a password that the administrator has chosen, to be replaced all the same', async () => {
    const email = 'chosen.for@example.com';
    const { body } = await admin
      .post('/admin/users', { email, password: goodPassword, role: 'admin' })
      .expect(201);
    expect(body.data).toMatchObject({ role: 'admin', generated_password: null });
    const device = await api.signIn({ email, password: goodPassword });
    expect(inWords(await device.get('/admin/users'))).toBe('403 PASSWORD_CHANGE_REQUIRED');
  });

  it('refuses an address that is taken', async () => {
    const { person } = await api.register();
    expectProblem(await admin.post('/admin/users', { email: person.email }), {
      status: 409,
      code: 'EMAIL_TAKEN',
    });
  });
});

describe('disabling and enabling', () => {
  it('v5.0.0-7.4.2 ends all sessions, refuses the next request and revives nothing', async () => {
    const device = await api.register();
    const { body } = await act(device.userId, 'disable', { reason: 'left' }).expect(200);
    expect(body.data).toEqual({ id: device.userId, sessions_ended: 1, propagation: 'complete' });
    expect(inWords(await device.get('/auth/session'))).toBe('401 SESSION_ENDED user_disabled');
    expect(inWords(await api.refresh(device.refreshToken))).toBe('401 SESSION_ENDED user_disabled');
    await api.send('post', '/auth/signin').send(device.person).expect(401);
    await act(device.userId, 'enable', { reason: 'back' }).expect(200);
    await device.get('/auth/session').expect(401);
    await api.signIn(device.person);
    const told = { by: admin.userId };
    expect(await eventsOf(device.userId, 'user.disabled')).toEqual([{ ...told, note: 'left' }]);
    expect(await eventsOf(device.userId, 'user.enabled')).toEqual([{ ...told, note: 'back' }]);
    expect(await eventsOf(device.userId, 'session.ended')).toMatchObject([
      { ...told, note: 'left', reason: 'user_disabled' },
    ]);
  });

  it('keeps what the administrator has noted from the owner', async () => {
    const device = await api.register();
    await act(device.userId, 'disable', { reason: 'a secret suspicion' });
    await act(device.userId, 'enable');
    const again = await api.signIn(device.person);
    const { body } = await again.get('/sessions/events').expect(200);
    const disabled = body.data.events.find(({ type }: { type: string }) => type === 'user.disabled');
    expect(disabled.details).toEqual({});
    expect(JSON.stringify(body)).not.toMatch(new RegExp(`suspicion|${admin.userId}`));
    const full = await admin.get(`/admin/users/${device.userId}/events`).expect(200);
    expect(JSON.stringify(full.body)).toContain('a secret suspicion');
  });
});

describe('the role', () => {
  it('v5.0.0-8.3.2 is gone with the next request, whoever asks', async () => {
    const other = await api.administrator();
    await other.get('/admin/users').expect(200);
    const { body } = await admin.put(`/admin/users/${other.userId}/role`, { role: 'user' }).expect(200);
    expect(body.data).toMatchObject({ role: 'user', propagation: 'complete' });
    expect(inWords(await other.get('/admin/users'))).toBe('403 FORBIDDEN');
    expect((await other.get('/auth/session')).body.data.user.role).toBe('user');
    expect(await eventsOf(other.userId, 'user.role_changed')).toEqual([
      { from: 'admin', to: 'user', by: admin.userId },
    ]);
  });

  it('gives its holder an administrator’s session at the next sign-in', async () => {
    const device = await api.register();
    await admin.put(`/admin/users/${device.userId}/role`, { role: 'admin', reason: 'on call' }).expect(200);
    expect(inWords(await device.get('/admin/users'))).toBe('403 FORBIDDEN');
    const again = await api.signIn(device.person);
    await again.get('/admin/users').expect(200);
  });

  it('changed to what it is writes no event', async () => {
    const device = await api.register();
    await admin.put(`/admin/users/${device.userId}/role`, { role: 'user' }).expect(200);
    expect(await eventsOf(device.userId, 'user.role_changed')).toEqual([]);
  });
});

describe('the last administrator', () => {
  let alone: Api;
  let last: SignedInDevice;

  beforeAll(async () => {
    alone = await startApi();
    last = await alone.administrator();
  });

  const refused = { status: 409, code: 'CONFLICT', field: 'role' };

  it('can be neither demoted nor disabled', async () => {
    expectProblem(await last.put(`/admin/users/${last.userId}/role`, { role: 'user' }), refused);
    expectProblem(await last.post(`/admin/users/${last.userId}/disable`), refused);
    await last.get('/admin/users').expect(200);
  });

  it('is who is enabled: a disabled one does not count', async () => {
    const other = await alone.administrator();
    await last.post(`/admin/users/${other.userId}/disable`).expect(200);
    expectProblem(await last.post(`/admin/users/${last.userId}/disable`), refused);
  });

  it('v5.0.0-15.4.2 is left over when several remove each other at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const other = await alone.administrator();
      const replies = await Promise.all([
        last.put(`/admin/users/${other.userId}/role`, { role: 'user' }),
        other.post(`/admin/users/${last.userId}/disable`),
        other.put(`/admin/users/${other.userId}/role`, { role: 'user' }),
      ]);
      const left = await alone.sql(`select id from users where role = 'admin' and disabled_at is null`);
      expect([replies.map(({ status }) => status), left.length]).toEqual([expect.anything(), 1]);
      await alone.sql(`update users set role = 'admin', disabled_at = null where id = $1`, [last.userId]);
      last = await alone.signIn(last.person);
      await alone.sql(`update users set role = 'user' where id = $1`, [other.userId]);
    }
  });
});

describe('asking for another password', () => {
  const changed = (device: SignedInDevice, to = nextPassword) =>
    device.put('/auth/profile/password', { current_password: device.person.password, new_password: to });

  it('ends all sessions and lets the next one do nothing but choose it', async () => {
    const device = await api.register();
    await act(device.userId, 'require-password-change', { reason: 'found in a leak' }).expect(200);
    expect(inWords(await device.get('/auth/session'))).toBe('401 SESSION_ENDED admin');
    const again = await api.signIn(device.person);
    expect(again.reply.body.data.session.scope).toBe('password');
    for (const path of ['/auth/session', '/auth/profile', '/sessions', '/sessions/events'])
      expectProblem(await again.get(path), { status: 403, code: 'PASSWORD_CHANGE_REQUIRED' });
    expect(inWords(await again.put('/auth/profile', { full_name: 'Other' }))).toBe(
      '403 PASSWORD_CHANGE_REQUIRED',
    );
    expect(await eventsOf(device.userId, 'user.password_change_required')).toEqual([
      { by: admin.userId, note: 'found in a leak' },
    ]);
  });

  it('is done with once it is chosen, and must be another one', async () => {
    const device = await api.register();
    await act(device.userId, 'require-password-change').expect(200);
    const again = await api.signIn(device.person);
    expectProblem(await changed(again, device.person.password), {
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'new_password', message: 'must be another one than before' }],
    });
    const { body } = await changed(again).expect(200);
    expect(body.data.session.scope).toBe('full');
    await api.as(body.data.access_token).get('/auth/session').expect(200);
    const later = await api.signIn({ ...device.person, password: nextPassword });
    await later.get('/auth/session').expect(200);
  });

  it('stays asked for over a refresh and a step-up, and signing out works', async () => {
    const device = await api.register();
    await act(device.userId, 'require-password-change').expect(200);
    const again = await api.signIn(device.person);
    const refreshed = await api.refresh(again.refreshToken).expect(200);
    const token = refreshed.body.data.access_token;
    expect(inWords(await api.as(token).get('/auth/session'))).toBe('403 PASSWORD_CHANGE_REQUIRED');
    const fresh = await api.as(token).post('/auth/step-up', { password: device.person.password }).expect(200);
    const next = api.as(fresh.body.data.access_token);
    expect(inWords(await next.get('/auth/session'))).toBe('403 PASSWORD_CHANGE_REQUIRED');
    await next.post('/auth/signout').expect(200);
  });
});

describe('unlocking', () => {
  it('ends the waits that failed sign-ins have brought', async () => {
    const guarded = await startApi({ env: { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_AUTH: '1000/60' } });
    const operator = await guarded.administrator();
    const { person, userId } = await guarded.register();
    await guarded.sql('delete from known_networks');
    const attempt = (password: string) =>
      guarded.send('post', '/auth/signin').send({ email: person.email, password });
    for (let failed = 0; failed < 5; failed += 1) await attempt('nine entirely wrong words').expect(401);
    await attempt(person.password).expect(429);
    const locked = await operator.get('/admin/users?state=locked').expect(200);
    expect(locked.body.data.users).toMatchObject([{ id: userId, locked_until: expect.any(String) }]);
    const { body } = await operator.post(`/admin/users/${userId}/unlock`, { reason: 'called' }).expect(200);
    expect(body.data.locked_until).toBeNull();
    expect((await operator.get('/admin/users?state=locked')).body.data.users).toEqual([]);
    await attempt(person.password).expect(200);
    expect(await guarded.sql(`select payload from event_log where type = 'user.unlocked'`)).toEqual([
      { payload: { by: operator.userId, note: 'called' } },
    ]);
  });
});

describe('the sessions of a user', () => {
  it('v5.0.0-7.4.5 are listed, ended all at once, and then in the history', async () => {
    const device = await api.register();
    const second = await api.signIn(device.person);
    const list = await admin.get(`/admin/users/${device.userId}/sessions`).expect(200);
    expect(list.body.data.sessions.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      [device.sessionId, second.sessionId].toSorted(),
    );
    const { body } = await admin.delete(`/admin/users/${device.userId}/sessions?reason=stolen`).expect(200);
    expect(body.data).toEqual({ id: device.userId, sessions_ended: 2, propagation: 'complete' });
    expect(inWords(await second.get('/auth/session'))).toBe('401 SESSION_ENDED admin');
    expect((await admin.get(`/admin/users/${device.userId}/sessions`)).body.data.count).toBe(0);
    const history = await admin.get(`/admin/users/${device.userId}/history?page_size=1`).expect(200);
    expect(history.body.data.sessions).toMatchObject([{ state: 'ended', end_reason: 'admin' }]);
    const rest = await admin.get(/<(.*)>/.exec(history.headers.link!)![1]!).expect(200);
    expect(rest.body.data).toMatchObject({ count: 1, next_page_token: null });
    expect(await eventsOf(device.userId, 'session.ended')).toMatchObject([
      { reason: 'admin', by: admin.userId, note: 'stolen' },
      { reason: 'admin', by: admin.userId, note: 'stolen' },
    ]);
  });
});

describe('acts of an administrator', () => {
  it('v5.0.0-7.5.3 need a password proven lately', async () => {
    const { userId } = await api.register();
    const stale = await api.administrator();
    clock.advance(11 * minute);
    const { body } = await api.refresh(stale.refreshToken).expect(200);
    const later = api.as(body.data.access_token);
    const refusal = await later.post(`/admin/users/${userId}/disable`);
    await later.get(`/admin/users/${userId}`).expect(200);
    clock.set(noon);
    expect(inWords(refusal)).toBe('403 STEP_UP_REQUIRED');
  });

  it('take a reason of up to 200 characters', async () => {
    const { userId } = await api.register();
    expect((await act(userId, 'unlock', { reason: 'x'.repeat(201) })).status).toBe(400);
    expect((await act(userId, 'unlock', { reason: 'x'.repeat(200) })).status).toBe(200);
    expect((await admin.delete(`/admin/users/${userId}/sessions?reason=${'x'.repeat(201)}`)).status).toBe(
      400,
    );
  });
});
