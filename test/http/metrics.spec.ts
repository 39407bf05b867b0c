import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Metrics, openMetricsServer } from '@app/telemetry';
import { eventually, findProgram } from '@app/testing';
import { type Api, isWithRedis, type SignedInDevice, startApi } from '../support/api.js';
import { aPerson } from '../support/people.js';

let api: Api;
let device: SignedInDevice;
const env = { RATE_LIMIT_ENABLED: 'true', LOG_REQUESTS: '2', LOG_LEVEL: 'info' };

const shown = async (): Promise<string> => (await api.root('get', '/metrics').expect(200)).text;

/** Value of one series, or undefined if there is none. */
async function valueOf(series: string): Promise<number | undefined> {
  const line = (await shown()).split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

beforeAll(async () => {
  api = await startApi({ env });
  device = await api.register();
});

describe('GET /metrics', () => {
  it('is what Prometheus expects, names, types and units included', async () => {
    await device.get('/auth/session').expect(200);
    const promtool = findProgram('promtool', 'prometheus');
    expect(execFileSync(promtool, ['check', 'metrics'], { input: await shown(), encoding: 'utf8' })).toBe('');
  });

  it('has every metric that the operations page names', async () => {
    const named = readFileSync('docs/operations.md', 'utf8').match(/\brollcall_[a-z_]+/g) ?? [];
    const text = await shown();
    expect(named.length).toBeGreaterThan(20);
    expect([...new Set(named)].filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
  });

  it('measures requests by route, method and status; what is nowhere shares one series', async () => {
    const series = (route: string, method: string, status: number): string =>
      `rollcall_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`;
    await device.delete('/sessions/0123456789').expect(404);
    await api.root('get', '/wp-admin.php').expect(404);
    await api.root('get', '/.git/config').expect(404);
    expect(await valueOf(series('/api/v1/sessions/:id', 'DELETE', 404))).toBe(1);
    expect(await valueOf(series('none', 'none', 404))).toBe(2);
    expect(await valueOf(series('/api/v1/auth/register', 'POST', 201))).toBe(1);
  });

  it('counts sign-ins by what became of them', async () => {
    const { email, password } = device.person;
    await api.signIn(device.person);
    await api
      .send('post', '/auth/signin')
      .send({ email, password: `not ${password}` })
      .expect(401);
    expect(await valueOf('rollcall_signin_total{result="success"}')).toBe(1);
    expect(await valueOf('rollcall_signin_total{result="invalid_credentials"}')).toBe(1);
  });

  it('shows sessions, checks, limits, pool and the proof of a revocation', async () => {
    const gone = await api.register(aPerson());
    await gone.get('/auth/session').expect(200);
    await gone.post('/auth/signout').expect(200);
    expect(await valueOf('rollcall_session_ended_total{reason="signout"}')).toBe(1);
    expect(await valueOf('rollcall_revocation_lag_seconds_count')).toBeGreaterThanOrEqual(1);
    expect(await valueOf('rollcall_rate_limit_total{policy="global",result="allowed"}')).toBeGreaterThan(5);
    expect(await valueOf('rollcall_session_check_total{result="live",source="postgres"}')).toBeGreaterThan(0);
    expect(await valueOf('rollcall_sessions_active')).toEqual(expect.any(Number));
    expect(await valueOf('rollcall_postgres_pool{state="waiting"}')).toBe(0);
    const commands = await valueOf('rollcall_redis_command_duration_seconds_count');
    expect(commands! > 0).toBe(isWithRedis);
  });

  it('holds no id, address or name of anybody', async () => {
    const { email } = device.person;
    const text = await shown();
    for (const secret of [device.userId, device.sessionId, device.token, email, email.split('@')[0]!])
      expect(text).not.toContain(secret);
  });
});

describe('the log of requests', () => {
  it('has one line for each LOG_REQUESTS requests, with the id that the client was shown', async () => {
    const replies = [await device.get('/auth/session'), await device.get('/auth/session')];
    const shownIds = replies.map(({ headers }) => headers['x-request-id']);
    // Lines are written after the answers, those of requests before these, too.
    const linesOfThese = () =>
      api.log
        .find('request.completed')
        .filter(({ request_id: id }) => shownIds.some((shownId) => shownId === id));
    await eventually(() => linesOfThese().length > 0, { describe: 'a line' });
    expect(linesOfThese()).toHaveLength(1);
  });
});

describe(openMetricsServer, () => {
  const statusAt = async (port: number, headers: Record<string, string> = {}): Promise<number> =>
    (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).status;

  it.each([
    ['anybody', null, 200, 404],
    ['anybody', 'a-token-for-metrics-only', 404, 200],
    ['this machine', null, 200, 404],
    ['nobody', 'a-token-for-metrics-only', 404, 404],
  ] as const)('shows metrics to %s; token: %s', async (readers, token, bare, withToken) => {
    const options = { host: '127.0.0.1', port: 0, token, readers };
    const server = await openMetricsServer(new Metrics(), options);
    const { port } = server.address() as AddressInfo;
    expect(await statusAt(port)).toBe(bare);
    if (token) expect(await statusAt(port, { authorization: `Bearer ${token}` })).toBe(withToken);
    const proxied = await statusAt(port, { 'x-forwarded-for': '192.0.2.1' });
    expect(proxied).toBe(readers === 'anybody' && token === null ? 200 : 404);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  it('METRICS_PORT takes them away from PORT', async () => {
    const apart = await startApi({ env: { METRICS_PORT: '0' } });
    await apart.root('get', '/metrics').expect(404);
  });
});
