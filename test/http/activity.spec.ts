import { SessionActivity } from '@app/sessions';
import { Database } from '@app/postgres';
import { FakeClock } from '@app/testing';
import { type Api, startApi } from '../support/api.js';
import { inWords } from '../support/expectations.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const clock = new FakeClock(noon);
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock, env: { JOBS_ENABLED: 'false' } });
});

beforeEach(() => clock.set(noon));
afterEach(() => jest.restoreAllMocks());

const flush = () => api.app.get(SessionActivity, { strict: false }).flush();

describe('a thousand requests of one session', () => {
  it('write once in ten seconds, and are counted to the last', async () => {
    const device = await api.register();
    await flush();
    const statements = jest.spyOn(api.app.get(Database), 'query');
    const started = performance.now();
    const statuses = new Set<number>();
    for (let wave = 0; wave < 20; wave += 1) {
      const replies = await Promise.all(Array.from({ length: 50 }, () => device.get('/auth/session')));
      replies.forEach(({ status }) => statuses.add(status));
    }
    await flush();
    const windows = Math.ceil((performance.now() - started) / 10_000);
    expect([...statuses]).toEqual([200]);
    expect(statements.mock.calls.length).toBeLessThanOrEqual(windows + 1);
    statements.mockRestore();
    const { body } = await device.get('/sessions/current').expect(200);
    expect(body.data.request_count).toBe(1_000);
  }, 60_000);
});

describe('the activity of a session', () => {
  it('shows on the list after it was written: last access, requests and addresses', async () => {
    const device = await api.register();
    clock.advance(90_000);
    await device.get('/auth/session').expect(200);
    await flush();
    const { body } = await device.get('/sessions/current').expect(200);
    expect(body.data).toMatchObject({
      last_access: clock.now().toISOString(),
      request_count: 1,
      duration_seconds: 90,
      ips_used: ['127.0.0.1'],
    });
  });

  it('is not refused requests, nor what proves no session', async () => {
    const device = await api.register();
    await flush();
    await device.post('/auth/step-up', { password: 'nine entirely wrong words' }).expect(401);
    await device.post('/auth/signout').expect(200);
    expect(inWords(await device.get('/auth/session'))).toBe('401 SESSION_ENDED signout');
    await flush();
    const [row] = await api.sql('select request_count::int as count from sessions where id = $1', [
      device.sessionId,
    ]);
    // The wrong password came with a good token; the other two asked for no live session, or had none.
    expect(row).toEqual({ count: 1 });
  });

  it('keeps the session alive beyond its first idle end, and its end follows the last use', async () => {
    const device = await api.register();
    let { token, refreshToken } = device;
    for (let hour = 0; hour < 20; hour += 1) {
      clock.advance(3_600_000);
      const reply = await api.refresh(refreshToken).expect(200);
      ({ access_token: token, refresh_token: refreshToken } = reply.body.data);
      await api.as(token).get('/auth/session').expect(200);
      await flush();
    }
    clock.advance(43_200_000);
    expect(inWords(await api.as(token).get('/auth/session'))).toBe('401 SESSION_EXPIRED expired_idle');
  });

  it('that cannot be written just before the idle end, because the row is busy, costs nobody the answer', async () => {
    const held = await startApi({ clock, env: { SESSION_IDLE_TTL: '300' } });
    const device = await held.register();
    clock.advance(299_000);
    await held.sql('begin');
    await held.sql('select 1 from sessions where id = $1 for update', [device.sessionId]);
    const reply = await device.get('/auth/session');
    await held.sql('commit');
    expect([reply.status, reply.headers['x-authority-mode']]).toEqual([200, undefined]);
  });
});
