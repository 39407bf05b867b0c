import { eventually, type PrometheusProcess } from '@app/testing';
import { ApiClient, type Device } from '../faults/support/api-client.js';
import { answerOf } from '../faults/support/asking.js';
import { aPerson } from '../support/people.js';
import { Deployment } from './support/deployment.js';

let deployment: Deployment;
let prometheus: PrometheusProcess;
let client: ApiClient;
let device: Device;

beforeAll(async () => {
  deployment = await Deployment.start();
  [prometheus] = await Promise.all([deployment.startPrometheus(), deployment.startMember('worker')]);
  client = ApiClient.at(deployment.url, { keepAlive: true });
  device = await client.register(aPerson());
}, 90_000);

const firing = async (): Promise<(string | undefined)[]> =>
  (await prometheus.alerts()).filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);

describe('what deploy/ describes, as processes', () => {
  it('serves people through nginx, whichever instance answers', async () => {
    const again = await client.signIn(device.person);
    const answers = await Promise.all(Array.from({ length: 8 }, () => answerOf(client.check(again.token))));
    expect(new Set(answers)).toEqual(new Set(['200']));
    await client.ask('DELETE', `/sessions/${again.sessionId}`, { token: device.token });
    const ended = Array.from({ length: 8 }, () => answerOf(client.check(again.token)));
    expect(new Set(await Promise.all(ended))).toEqual(new Set(['401 SESSION_ENDED']));
  });

  it('takes the address of a client from nginx, and from nobody else', async () => {
    const forged = { headers: { 'x-forwarded-for': '198.51.100.7' } };
    const { email, password } = device.person;
    const reply = await client.ask('POST', '/auth/signin', { ...forged, body: { email, password } });
    const { session, access_token: token } = reply.body.data!;
    const { text } = await client.ask('GET', '/sessions', { token });
    const { data } = JSON.parse(text) as { data: { sessions: { id: string; ip_address: string }[] } };
    expect(data.sessions.find(({ id }) => id === session.id)!.ip_address).toBe('127.0.0.1');
  });

  it.each(['/metrics', '/ready', '/health'])('shows %s to nobody outside', async (path) => {
    expect((await client.http.send('GET', path)).status).toBe(404);
  });

  it('has Prometheus see every process', async () => {
    const pools = async (): Promise<string[]> => {
      const targets = (await prometheus.targets()).filter(({ health }) => health === 'up');
      return targets.map(({ scrapePool }) => scrapePool).toSorted();
    };
    await eventually(async () => (await pools()).length === 3, { timeoutMs: 15_000, describe: 'all are up' });
    expect(await pools()).toEqual(['rollcall', 'rollcall', 'rollcall-worker']);
  });

  it('an alert fires while Redis is away, nobody is refused, and it ends by itself', async () => {
    await eventually(async () => (await firing()).length === 0, { timeoutMs: 15_000, describe: 'quiet' });
    await deployment.redis.kill9();
    await eventually(async () => (await firing()).includes('RollcallWithoutRedis'), {
      timeoutMs: 20_000,
      describe: 'the alert fires',
    });
    expect(await answerOf(client.check(device.token))).toBe('200');
    await deployment.redis.restart();
    await eventually(async () => (await firing()).length === 0, {
      timeoutMs: 20_000,
      describe: 'the alert ends',
    });
    const changes = (): { from: string; to: string }[] => {
      const lines = deployment.running.get('api-1')!.output.split('\n');
      return lines.filter((line) => line.includes('"authority.changed"')).map((line) => JSON.parse(line));
    };
    // Each instance finds its own way back, the last one perhaps after the alert's.
    await eventually(() => changes().at(-1)?.to === 'normal', { describe: 'api-1 is back to normal' });
    expect(changes().slice(-2)).toMatchObject([
      { from: 'normal', to: 'database' },
      { from: 'database', to: 'normal' },
    ]);
  }, 60_000);
});
