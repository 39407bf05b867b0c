import { FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { aPerson, goodPassword } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const clock = new FakeClock(noon);
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock, env: { FRESHNESS_SECONDS: '300' } });
});

beforeEach(() => clock.set(noon));

const eventsOf = async (device: SignedInDevice): Promise<{ type: string; details: object }[]> =>
  (await device.get('/sessions/events?page_size=100').expect(200)).body.data.events;

const updatesOf = async (device: SignedInDevice): Promise<object[]> =>
  (await eventsOf(device)).filter(({ type }) => type === 'user.updated').map(({ details }) => details);

let made = 0;
const anEmail = (): string => `moved${(made += 1)}@example.com`;

describe('the profile', () => {
  it('shows the account, and says whether it was cached', async () => {
    const person = aPerson({ username: 'ann.lee', full_name: 'Ann Lee' });
    const device = await api.register(person);
    for (const reply of [await device.get('/auth/profile'), await device.get('/auth/profile')]) {
      expect(reply.status).toBe(200);
      expect(reply.headers['x-cache']).toMatch(/^(?:hit|miss)$/);
      expect(reply.body.data).toEqual({
        id: device.userId,
        email: person.email,
        username: 'ann.lee',
        full_name: 'Ann Lee',
        role: 'user',
        avatar_url: null,
        created_at: noon.toISOString(),
      });
    }
  });

  it('changes what is sent and leaves the rest; every session shows it at its next request', async () => {
    const device = await api.register(aPerson({ username: 'bea', full_name: 'Bea' }));
    const other = await api.signIn(device.person);
    const reply = await device.put('/auth/profile', { full_name: 'Bea Example' }).expect(200);
    expect(reply.body.data).toMatchObject({
      username: 'bea',
      full_name: 'Bea Example',
      propagation: 'complete',
    });
    for (const { get } of [device, other]) {
      expect((await get('/auth/session')).body.data.user.full_name).toBe('Bea Example');
      expect((await get('/auth/profile')).body.data.full_name).toBe('Bea Example');
    }
    const cleared = await other.put('/auth/profile', { full_name: null, username: null }).expect(200);
    expect(cleared.body.data).toMatchObject({ username: null, full_name: null });
    expect((await device.get('/auth/session')).body.data.user).toMatchObject({
      username: null,
      full_name: null,
    });
    expect(await updatesOf(device)).toEqual([
      { fields: ['username', 'full_name'] },
      { fields: ['full_name'] },
    ]);
  });

  it('may be sent again, which changes nothing and is answered alike', async () => {
    const device = await api.register();
    const first = await device.put('/auth/profile', { full_name: 'Cleo' }).expect(200);
    const again = await device.put('/auth/profile', { full_name: 'Cleo' }).expect(200);
    expect(again.body).toEqual(first.body);
    expect(await updatesOf(device)).toHaveLength(1);
  });

  it('lets the account be named anew when signing in, and no longer by the old names', async () => {
    const device = await api.register(aPerson({ username: 'dora' }));
    const email = anEmail();
    await device.put('/auth/profile', { email, username: 'dorothy' }).expect(200);
    const signIn = (login: object): Promise<Response> =>
      api
        .send('post', '/auth/signin')
        .send({ ...login, password: goodPassword })
        .then((reply) => reply);
    expect((await signIn({ email })).status).toBe(200);
    expect((await signIn({ username: 'Dorothy' })).status).toBe(200);
    expect((await signIn({ email: device.person.email })).status).toBe(401);
    expect((await signIn({ username: 'dora' })).status).toBe(401);
  });

  it('moves to another e-mail address only with a password proven lately [v5.0.0-7.5.1]', async () => {
    const device = await api.register();
    clock.advance(301 * second);
    const email = anEmail();
    const refused = await device.put('/auth/profile', { email, full_name: 'Eve' });
    expectProblem(refused, { status: 403, code: 'STEP_UP_REQUIRED', max_age: 300 });
    expect((await device.get('/auth/profile')).body.data).toMatchObject({
      email: device.person.email,
      full_name: null,
    });
    await device.put('/auth/profile', { full_name: 'Ann', email: device.person.email }).expect(200);
    const { body } = await device.post('/auth/step-up', { password: goodPassword }).expect(200);
    const fresh = api.as(body.data.access_token);
    expect((await fresh.put('/auth/profile', { email }).expect(200)).body.data.email).toBe(email);
    clock.advance(301 * second);
    // Shown by this session a moment ago, and the address of the account no more.
    const back = await fresh.put('/auth/profile', { email: device.person.email });
    expect(back.body.code).toBe('STEP_UP_REQUIRED');
  });

  it('tells the owner in the events from where to where the account moved', async () => {
    const device = await api.register();
    await device.put('/auth/profile', { email: anEmail() }).expect(200);
    expect(await updatesOf(device)).toEqual([{ fields: ['email'], previous_email: device.person.email }]);
  });

  it.each([
    [{}, 'body'],
    [{ email: null }, 'email'],
    [{ email: 'no address' }, 'email'],
    [{ email: 'ann@example.com\r\nBcc: all@example.com' }, 'email'],
    [{ username: 'x' }, 'username'],
    [{ username: '' }, 'username'],
    [{ full_name: '' }, 'full_name'],
    [{ full_name: 'a\u0000b' }, 'full_name'],
    [{ full_name: 'x'.repeat(121) }, 'full_name'],
    [{ role: 'admin' }, 'body'],
    [{ full_name: 'Ann', id: 'x', created_at: 'now', gen: 7, email_verified: true }, 'body'],
  ])('refuses %j and changes nothing [v5.0.0-8.2.3, v5.0.0-15.3.3]', async (body, field) => {
    const device = await api.register();
    const before = await api.fingerprint();
    const reply = await device.put('/auth/profile', body);
    expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect(reply.body.errors[0].field).toBe(field);
    expect(await api.fingerprint()).toEqual(before);
  });

  it('is refused the names of others, in any spelling, and keeps its own', async () => {
    const taken = await api.register(aPerson({ username: 'fay' }));
    const device = await api.register(aPerson({ username: 'gus' }));
    const email = taken.person.email.toUpperCase();
    expectProblem(await device.put('/auth/profile', { email }), { status: 409, code: 'EMAIL_TAKEN' });
    const username = await device.put('/auth/profile', { username: 'FAY', full_name: 'Gus' });
    expectProblem(username, { status: 409, code: 'CONFLICT', field: 'username' });
    expect((await device.get('/auth/profile')).body.data).toMatchObject({ username: 'gus', full_name: null });
    await device.put('/auth/profile', { username: 'GUS' }).expect(200);
  });

  it('lets one of many have an address or a username that all ask for at once [v5.0.0-15.4.2]', async () => {
    const racers = await Promise.all(Array.from({ length: 8 }, () => api.register()));
    const email = anEmail();
    const moved = await Promise.all(racers.map((racer) => racer.put('/auth/profile', { email })));
    expect(moved.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(moved.filter(({ body }) => body.code === 'EMAIL_TAKEN')).toHaveLength(7);
    const named = await Promise.all(racers.map((racer) => racer.put('/auth/profile', { username: 'prize' })));
    expect(named.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(named.filter(({ body }) => body.code === 'CONFLICT')).toHaveLength(7);
  });

  it('is read and not changed by a session that was shared', async () => {
    const device = await api.register();
    const share = await device.post('/sessions/shares', { minutes: 5, label: 'look' }).expect(201);
    const { body } = await api
      .send('post', '/auth/shares/redeem')
      .send({ token: share.body.data.token, transport: 'bearer' })
      .expect(200);
    const guest = api.as(body.data.access_token);
    expect((await guest.get('/auth/profile').expect(200)).body.data.email).toBe(device.person.email);
    expectProblem(await guest.put('/auth/profile', { full_name: 'Mallory' }), {
      status: 403,
      code: 'FORBIDDEN',
    });
  });
});
