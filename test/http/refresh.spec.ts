import { AccountControl } from '@app/auth';
import type { UserId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const clock = new FakeClock(noon);
const operator = { by: null, note: null };
let api: Api;

beforeAll(async () => {
  // A password is hashed while a refresh waits for the row that a test holds.
  api = await startApi({ clock, lockTimeoutMs: 4_000 });
});

beforeEach(() => clock.set(noon));

const at = (seconds: number): string => new Date(noon.getTime() + seconds * second).toISOString();
const tokensOf = ({ body }: Response): { access: string; refresh: string } => ({
  access: body.data.access_token,
  refresh: body.data.refresh_token,
});

async function refreshed(token: string): Promise<{ access: string; refresh: string }> {
  return tokensOf(await api.refresh(token).expect(200));
}

const eventsOf = async (device: SignedInDevice, type: string): Promise<number> =>
  (await api.sql(`select 1 from event_log where session_id = $1 and type = $2`, [device.sessionId, type]))
    .length;

describe('a refresh', () => {
  it('answers with the next pair for the same session, and the absolute end stays [RFC 10017 refresh, v5.0.0-10.4.8]', async () => {
    const device = await api.register();
    clock.advance(300 * second);
    const reply = await api.refresh(device.refreshToken).expect(200);
    const { session } = reply.body.data;
    expect(reply.headers['x-session-id']).toBe(device.sessionId);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(reply.headers['set-cookie']).toBeUndefined();
    expect(session).toMatchObject({
      id: device.sessionId,
      authenticated_at: at(0),
      idle_expires_at: at(300 + 43_200),
      expires_at: at(7 * 86_400),
    });
    expect(reply.body.data.refresh_token).not.toBe(device.refreshToken);
    await api.as(reply.body.data.access_token).get('/auth/session').expect(200);
  });

  it('puts the old access token on the blacklist and leaves the session alone', async () => {
    const device = await api.register();
    const next = await refreshed(device.refreshToken);
    expectProblem(await device.get('/auth/session'), { status: 401, code: 'TOKEN_REVOKED' });
    await api.as(next.access).get('/auth/session').expect(200);
    const again = await refreshed(next.refresh);
    expectProblem(await api.as(next.access).get('/auth/session'), { status: 401, code: 'TOKEN_REVOKED' });
    await api.as(again.access).get('/auth/session').expect(200);
  });

  it('says of the old access token what is wrong with it now: first that it is revoked, then that it is expired', async () => {
    const device = await api.register();
    await refreshed(device.refreshToken);
    clock.advance(599 * second);
    expectProblem(await device.get('/auth/session'), { status: 401, code: 'TOKEN_REVOKED' });
    clock.advance(second);
    expectProblem(await device.get('/auth/session'), { status: 401, code: 'TOKEN_EXPIRED' });
  });

  it('works after the access token has expired, for as long as the session lives [v5.0.0-7.3.1]', async () => {
    let { refreshToken } = await api.register();
    for (let halfDay = 1; halfDay < 15; halfDay += 1) {
      clock.advance(43_000 * second);
      ({ refresh: refreshToken } = await refreshed(refreshToken));
    }
    clock.set(new Date(noon.getTime() + 7 * 86_400 * second));
    expectProblem(await api.refresh(refreshToken), {
      status: 401,
      code: 'SESSION_EXPIRED',
      end_reason: 'expired_absolute',
      ended_at: at(7 * 86_400),
    });
  });

  it('is refused when the session was not used for its idle time [RFC 9700 §4.14.2 idle]', async () => {
    const device = await api.register();
    clock.advance(43_200 * second);
    expectProblem(await api.refresh(device.refreshToken), {
      status: 401,
      code: 'SESSION_EXPIRED',
      end_reason: 'expired_idle',
      ended_at: at(43_200),
    });
  });

  it('gives no more than the sign-in gave, whatever else is asked for [RFC 9700 §4.14.2 scope]', async () => {
    const device = await api.register();
    const body = { refresh_token: device.refreshToken, role: 'admin' };
    expectProblem(await api.send('post', '/auth/refresh').send(body), {
      status: 400,
      code: 'VALIDATION_FAILED',
      errors: [expect.anything()],
    });
    await refreshed(device.refreshToken);
  });
});

describe('a refresh token', () => {
  it('yields the same child when it is sent again within its grace [RFC 9700 §4.14.2]', async () => {
    const device = await api.register();
    const first = await refreshed(device.refreshToken);
    clock.advance(9_999);
    const repeat = await refreshed(device.refreshToken);
    expect(repeat.refresh).toBe(first.refresh);
    await api.as(first.access).get('/auth/session').expect(200);
    await api.as(repeat.access).get('/auth/session').expect(200);
    expect(await eventsOf(device, 'session.refresh_reused')).toBe(0);
  });

  it('sent fifty times at once yields one child', async () => {
    const device = await api.register();
    const replies = await Promise.all(Array.from({ length: 50 }, () => api.refresh(device.refreshToken)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(replies.map(({ body }) => body.data.refresh_token)).size).toBe(1);
    const [row] = await api.sql<{ refresh_generation: number }>(
      `select refresh_generation from sessions where id = $1`,
      [device.sessionId],
    );
    expect(row?.refresh_generation).toBe(1);
  });

  it('is theft after its grace, and the family dies of it at once [v5.0.0-10.4.5]', async () => {
    const device = await api.register();
    const next = await refreshed(device.refreshToken);
    clock.advance(10 * second);
    const facts = { end_reason: 'refresh_reuse', ended_at: at(10) };
    expectProblem(await api.refresh(device.refreshToken), { status: 401, code: 'REFRESH_REUSED', ...facts });
    expectProblem(await api.as(next.access).get('/auth/session'), {
      status: 401,
      code: 'SESSION_ENDED',
      ...facts,
    });
    expectProblem(await api.refresh(next.refresh), { status: 401, code: 'SESSION_ENDED', ...facts });
    expect(await eventsOf(device, 'session.refresh_reused')).toBe(1);
    expect(await eventsOf(device, 'session.ended')).toBe(1);
  });

  it('is theft as soon as its child has been spent, and as any older ancestor', async () => {
    for (const generations of [1, 2, 5]) {
      const device = await api.register();
      let last = await refreshed(device.refreshToken);
      for (let count = 0; count < generations; count += 1) last = await refreshed(last.refresh);
      const replay = await api.refresh(device.refreshToken);
      expect(replay.body.code).toBe('REFRESH_REUSED');
      expect((await api.as(last.access).get('/auth/session')).body.code).toBe('SESSION_ENDED');
    }
  });

  it('replayed many times at once is one theft', async () => {
    const device = await api.register();
    const { refresh } = await refreshed(device.refreshToken);
    await refreshed(refresh);
    const replies = await Promise.all(Array.from({ length: 20 }, () => api.refresh(device.refreshToken)));
    expect(replies.filter(({ body }) => body.code === 'REFRESH_REUSED')).toHaveLength(1);
    expect(replies.filter(({ body }) => body.code === 'SESSION_ENDED')).toHaveLength(19);
    expect(await eventsOf(device, 'session.refresh_reused')).toBe(1);
  });

  it('is refused with its session, whoever ended it and however', async () => {
    const [signedOut, everywhere, disabled] = [
      await api.register(),
      await api.register(),
      await api.register(),
    ];
    await signedOut.post('/auth/signout').expect(200);
    await everywhere.post('/auth/logout-all').expect(200);
    await api.sql(`update users set disabled_at = $2 where id = $1`, [disabled.userId, at(0)]);
    const reasons = await Promise.all(
      [signedOut, everywhere, disabled].map(async ({ refreshToken }) => {
        const { status, body } = await api.refresh(refreshToken);
        return [status, body.code, body.end_reason];
      }),
    );
    expect(reasons).toEqual([
      [401, 'SESSION_ENDED', 'signout'],
      [401, 'SESSION_ENDED', 'signout_all'],
      [401, 'SESSION_ENDED', 'user_disabled'],
    ]);
  });

  it('that was lost with a failover moves the session on instead of ending it', async () => {
    const device = await api.register();
    const next = await refreshed(device.refreshToken);
    await api.sql(`update sessions set refresh_generation = 0, refreshed_at = null where id = $1`, [
      device.sessionId,
    ]);
    const after = await refreshed(next.refresh);
    await api.as(after.access).get('/auth/session').expect(200);
    expect((await api.refresh(device.refreshToken)).body.code).toBe('REFRESH_REUSED');
  });

  it.each([
    ['nothing', {}, 'UNAUTHENTICATED'],
    ['an empty one', { refresh_token: '' }, 'UNAUTHENTICATED'],
    ['garbage', { refresh_token: 'garbage' }, 'TOKEN_INVALID'],
    ['one of the right form', { refresh_token: 'A'.repeat(91) }, 'TOKEN_INVALID'],
  ])('must be genuine: %s changes nothing', async (_what, body, code) => {
    const before = await api.fingerprint();
    expectProblem(await api.send('post', '/auth/refresh').send(body), { status: 401, code });
    expect(await api.fingerprint()).toEqual(before);
  });

  it('with any byte changed is refused without harm to its session [RFC 9700 §4.14.2 format]', async () => {
    const device = await api.register();
    const bytes = Buffer.from(device.refreshToken, 'base64url');
    for (const index of [0, 31, 32, 35, 36, 67]) {
      const forged = Buffer.from(bytes);
      forged[index]! ^= 1;
      const reply = await api.refresh(forged.toString('base64url'));
      expectProblem(reply, { status: 401, code: 'TOKEN_INVALID' });
    }
    await device.get('/auth/session').expect(200);
    await refreshed(device.refreshToken);
  });

  it('is no access token, nor the reverse', async () => {
    const device = await api.register();
    expectProblem(await api.as(device.refreshToken).get('/auth/session'), {
      status: 401,
      code: 'TOKEN_INVALID',
    });
    expectProblem(await api.refresh(device.token), { status: 401, code: 'TOKEN_INVALID' });
  });
});

describe('refreshing against ending', () => {
  const ends = [
    ['sign-out', (device: SignedInDevice) => device.post('/auth/signout')],
    ['sign-out everywhere', (device: SignedInDevice) => device.post('/auth/logout-all')],
    [
      'a change of the password',
      (device: SignedInDevice) =>
        device.put('/auth/profile/password', {
          current_password: device.person.password,
          new_password: 'some other words that make a phrase',
        }),
    ],
    [
      'disabling the account',
      ({ userId }: SignedInDevice) =>
        api.app.get(AccountControl, { strict: false }).disable(userId as UserId, operator),
    ],
  ] as const;

  /** The session's row is held, so both wait for it in a known order, as the worst of luck could arrange. */
  it.each(
    ends.flatMap(([name, end]) => (['refresh', 'end'] as const).map((first) => [name, first, end] as const)),
  )('%s with the %s first leaves nothing usable', async (_name, first, end) => {
    const device = await api.register();
    await api.sql('begin');
    await api.sql('select 1 from sessions where id = $1 for update', [device.sessionId]);
    const refresh = (): Promise<Response> => api.refresh(device.refreshToken).then((reply) => reply);
    const finish = async (): Promise<unknown> => end(device);
    const acts = first === 'refresh' ? [refresh, finish] : [finish, refresh];
    const begun: Promise<unknown>[] = [];
    for (const [index, act] of acts.entries()) {
      begun.push(act());
      await waiting(index + 1);
    }
    await api.sql('commit');
    const replies = await Promise.all(begun);
    const refreshReply = replies[first === 'refresh' ? 0 : 1] as Response;
    expect([200, 401]).toContain(refreshReply.status);
    const tokens = [device.token, refreshReply.body.data?.access_token].filter(Boolean) as string[];
    for (const token of tokens) expect((await api.as(token).get('/auth/session')).status).toBe(401);
    const refreshes = [device.refreshToken, refreshReply.body.data?.refresh_token].filter(
      Boolean,
    ) as string[];
    for (const token of refreshes) expect((await api.refresh(token)).status).toBe(401);
  });

  /** Resolves when so many statements wait for a lock. */
  async function waiting(count: number): Promise<void> {
    for (;;) {
      const [row] = await api.sql<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if ((row?.n ?? 0) >= count) return;
    }
  }
});
