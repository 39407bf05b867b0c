import { FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { aPerson } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const clock = new FakeClock(noon);
const nextPassword = 'some other words that make a phrase';
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock });
});

beforeEach(() => clock.set(noon));

const at = (seconds: number): string => new Date(noon.getTime() + seconds * second).toISOString();
const stepUp = (device: SignedInDevice, password = device.person.password) =>
  device.post('/auth/step-up', { password });
const change = (device: SignedInDevice, body: object = {}) =>
  device.put('/auth/profile/password', {
    current_password: device.person.password,
    new_password: nextPassword,
    ...body,
  });

async function devices(count: number): Promise<SignedInDevice[]> {
  const first = await api.register();
  const others = await Promise.all(Array.from({ length: count - 1 }, () => api.signIn(first.person)));
  return [first, ...others];
}

const reasonOf = ({ status, body }: Response): unknown[] => [status, body.code, body.end_reason];

describe('proving the password again', () => {
  it('continues the session, fresh, under a new id, and ends the old one as replaced [v5.0.0-7.2.4, RFC 9470]', async () => {
    const device = await api.register();
    clock.advance(3_600 * second);
    const renewed = await api.signIn(device.person);
    clock.advance(60 * second);
    const reply = await stepUp(renewed).expect(200);
    const { session, propagation, access_token: token } = reply.body.data;
    expect(propagation).toBe('complete');
    expect(session.id).not.toBe(renewed.sessionId);
    expect(session).toMatchObject({ authenticated_at: at(3_660), expires_at: at(3_660 + 7 * 86_400) });
    expect(reply.headers['set-cookie']).toBeUndefined();
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
    expect(claims.auth_time).toBe(noon.getTime() / 1_000 + 3_660);
    expect(reasonOf(await renewed.get('/auth/session'))).toEqual([401, 'SESSION_ENDED', 'replaced']);
    expect(reasonOf(await api.refresh(renewed.refreshToken))).toEqual([401, 'SESSION_ENDED', 'replaced']);
    await api.as(token).get('/auth/session').expect(200);
    await device.get('/auth/session').expect(401);
  });

  it('takes no place of its own at the session limit', async () => {
    const all = await devices(5);
    await stepUp(all[4]!).expect(200);
    await all[0]!.get('/auth/session').expect(200);
  });

  it('is refused with a wrong password, and the session lives on', async () => {
    const device = await api.register();
    expectProblem(await stepUp(device, 'nine entirely wrong words'), {
      status: 401,
      code: 'INVALID_CREDENTIALS',
    });
    await device.get('/auth/session').expect(200);
  });

  it('sent twice at once replaces the session once', async () => {
    const device = await api.register();
    const replies = await Promise.all([stepUp(device), stepUp(device), stepUp(device)]);
    expect(replies.map(({ status }) => String(status)).toSorted()).toEqual(['200', '401', '401']);
    const { body } = await api.signIn(device.person).then((one) => one.get('/sessions'));
    expect(body.data.count).toBe(2);
  });
});

describe('what needs a password proven lately', () => {
  const asks: [string, (device: SignedInDevice, other: SignedInDevice) => PromiseLike<Response>][] = [
    ['changing the password', (device) => change(device)],
    ['ending another session', (device, other) => device.delete(`/sessions/${other.sessionId}`)],
    ['ending all other sessions', (device) => device.delete('/sessions')],
  ];

  it.each(asks)(
    '%s is done for 600 s and refused a moment later [v5.0.0-7.5.1, RFC 9470]',
    async (_what, ask) => {
      const [device, other] = (await devices(2)) as [SignedInDevice, SignedInDevice];
      clock.advance(600 * second);
      const { access_token: token } = (await api.refresh(device.refreshToken)).body.data;
      const late = new SignedInDevice(api, device.person, device.reply, token);
      clock.advance(1);
      const before = await api.fingerprint();
      const refused = await ask(late, other);
      expectProblem(refused, { status: 403, code: 'STEP_UP_REQUIRED', max_age: 600 });
      expect(refused.headers['www-authenticate']).toBe(
        `Bearer error="insufficient_user_authentication", error_description="${refused.body.detail}", max_age=600`,
      );
      expect(await api.fingerprint()).toEqual(before);
      clock.set(new Date(noon.getTime() + 600 * second));
      expect((await ask(late, other)).status).toBe(200);
    },
  );

  it('does not hold for ending the own session', async () => {
    const device = await api.register();
    clock.advance(599 * second);
    const { access_token: token } = (await api.refresh(device.refreshToken)).body.data;
    clock.advance(3 * second);
    await api.as(token).delete(`/sessions/${device.sessionId}`).expect(200);
  });

  it('is not given by refreshing [63B-4 §5.1.2]', async () => {
    const [device, other] = (await devices(2)) as [SignedInDevice, SignedInDevice];
    clock.advance(601 * second);
    const { access_token: token } = (await api.refresh(device.refreshToken)).body.data;
    const reply = await api.as(token).delete(`/sessions/${other.sessionId}`);
    expect(reply.body.code).toBe('STEP_UP_REQUIRED');
  });
});

describe('changing the password', () => {
  it('ends every other session, renews this one, and only the new password signs in [v5.0.0-7.4.3]', async () => {
    const [device, other, third] = (await devices(3)) as [SignedInDevice, SignedInDevice, SignedInDevice];
    const reply = await change(device).expect(200);
    expect(reply.body.data.propagation).toBe('complete');
    expect(reasonOf(await other.get('/auth/session'))).toEqual([401, 'SESSION_ENDED', 'password_change']);
    expect(reasonOf(await api.refresh(third.refreshToken))).toEqual([
      401,
      'SESSION_ENDED',
      'password_change',
    ]);
    expect(reasonOf(await device.get('/auth/session'))).toEqual([401, 'SESSION_ENDED', 'replaced']);
    await api.as(reply.body.data.access_token).get('/auth/session').expect(200);
    await api.refresh(reply.body.data.refresh_token).expect(200);
    const { email, password } = device.person;
    await api.send('post', '/auth/signin').send({ email, password }).expect(401);
    await api.send('post', '/auth/signin').send({ email, password: nextPassword }).expect(200);
  });

  it('is refused with a wrong current password or one that the policy refuses, and changes nothing', async () => {
    const device = await api.register();
    const before = await api.fingerprint();
    expectProblem(await change(device, { current_password: 'nine entirely wrong words' }), {
      status: 401,
      code: 'INVALID_CREDENTIALS',
    });
    expectProblem(await change(device, { new_password: 'short' }), {
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'new_password', message: expect.any(String) }],
    });
    expect(await api.fingerprint()).toEqual(before);
  });

  it('leaves no event or log line with a password in it [P5]', async () => {
    const device = await api.register();
    await change(device).expect(200);
    expect(JSON.stringify(await api.sql(`select * from event_log`))).not.toContain(nextPassword);
    expect(JSON.stringify(api.log)).not.toContain(nextPassword);
  });
});

describe('lifetimes', () => {
  it.each([
    ['standard', 43_200, 7 * 86_400],
    ['strict', 3_600, 86_400],
    ['remember', 7 * 86_400, 30 * 86_400],
  ])('of the profile %s are %i s without use and %i s in all', async (profile, idle, absolute) => {
    const { person } = await api.register();
    const { email, password } = person;
    const reply = await api.send('post', '/auth/signin').send({ email, password, profile }).expect(200);
    const { session, access_token: token, refresh_token: refreshToken } = reply.body.data;
    expect(session).toMatchObject({ profile, idle_expires_at: at(idle), expires_at: at(absolute) });
    clock.advance(idle * second);
    expect(reasonOf(await api.refresh(refreshToken))).toEqual([401, 'SESSION_EXPIRED', 'expired_idle']);
    expect(reasonOf(await api.as(token).get('/auth/session'))).toEqual([
      401,
      'SESSION_EXPIRED',
      'expired_idle',
    ]);
  });

  it.each([undefined, 'standard', 'remember'])(
    'of an administrator are short whatever is asked for: %s',
    async (profile) => {
      const { person, userId } = await api.register(aPerson());
      await api.sql(`update users set role = 'admin' where id = $1`, [userId]);
      const { email, password } = person;
      const reply = await api.send('post', '/auth/signin').send({ email, password, profile }).expect(200);
      expect(reply.body.data.session).toMatchObject({
        profile: 'admin',
        idle_expires_at: at(900),
        expires_at: at(43_200),
      });
    },
  );

  it('grow with use inside the absolute end, to the second, although use is written later [63B-4 §5.2 timers]', async () => {
    const device = await api.register();
    const { email, password } = device.person;
    const signIn = await api.send('post', '/auth/signin').send({ email, password, profile: 'strict' });
    let { refresh_token: refreshToken, access_token: token } = signIn.body.data;
    for (let use = 1; use <= 24; use += 1) {
      clock.advance(3_599 * second);
      const reply = await api.refresh(refreshToken).expect(200);
      ({ refresh_token: refreshToken, access_token: token } = reply.body.data);
    }
    const { body } = await api.as(token).get('/auth/session').expect(200);
    expect(body.data.session.idle_expires_at).toBe(at(86_400));
    clock.set(new Date(noon.getTime() + 86_400 * second));
    expect(reasonOf(await api.as(token).get('/auth/session'))).toEqual([
      401,
      'SESSION_EXPIRED',
      'expired_absolute',
    ]);
  });

  it('count a use although nobody has written it yet', async () => {
    const device = await api.register();
    const { email, password } = device.person;
    const signIn = await api.send('post', '/auth/signin').send({ email, password, profile: 'strict' });
    clock.advance(500 * second);
    await api.as(signIn.body.data.access_token).get('/auth/session').expect(200);
    clock.advance(3_599 * second);
    expect((await api.refresh(signIn.body.data.refresh_token)).status).toBe(200);
  });
});
