import { Agent } from 'node:http';
import { ApiInstance, PostgresProcess, RedisProcess } from '@app/testing';
import { secretKey } from './support/secret-key.js';
import { load, pass, quantile, type Question, type Sample } from './support/steady-load.js';

const rate = 300;
const seconds = 5;
const signers = 50;
const body = JSON.stringify({ email: 'ann@example.com', password: 'seven plain words make a phrase' });

function post(api: ApiInstance, path: string): Promise<Response> {
  return fetch(`${api.baseUrl}/api/v1/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

/** Signs in again and again, and waits a second when refused for want of capacity, as the refusal asks. */
async function signIn(api: ApiInstance, until: number, statuses: Record<number, number>): Promise<void> {
  while (performance.now() < until) {
    const { status } = await post(api, 'signin');
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status === 503) await pass(1);
  }
}

/** Latency of checks at a constant rate on one instance while so many people sign in at once. */
describe('checks of sessions while passwords are hashed', () => {
  let postgres: PostgresProcess;
  let redis: RedisProcess;
  let api: ApiInstance;
  let question: Question;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const rows: Record<string, Record<string, string>> = {};

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([PostgresProcess.start(), RedisProcess.start()]);
    api = await ApiInstance.start({
      env: {
        DATABASE_URL: postgres.url,
        REDIS_URL: redis.url,
        SECRET_KEY: secretKey,
        LOG_LEVEL: 'warn',
        RATE_LIMIT_ENABLED: 'false',
        SESSION_LIMIT: '10000',
      },
    });
    const registered = (await (await post(api, 'register')).json()) as { data: { access_token: string } };
    question = { baseUrl: api.baseUrl, token: registered.data.access_token, agent, rate };
  }, 60_000);

  afterAll(async () => {
    agent.destroy();
    await api.stop();
    await Promise.all([postgres.stop(), redis.stop()]);
    console.table(rows);
  });

  it.each([
    ['warming up', 0],
    ['quiet', 0],
    [`${signers} sign-ins at once`, signers],
    ['quiet again', 0],
  ])(
    '%s',
    async (name, people) => {
      const samples: Sample[] = [];
      const statuses: Record<number, number> = {};
      const until = performance.now() + seconds * 1000;
      const stop = load(question, samples);
      await Promise.all([
        pass(seconds),
        ...Array.from({ length: people }, () => signIn(api, until, statuses)),
      ]);
      await stop();
      const latencies = samples.map(({ latency }) => latency);
      rows[name] = {
        'p50 / p99 / worst, ms': [0.5, 0.99, 1]
          .map((share) => quantile(latencies, share).toFixed(1))
          .join(' / '),
        'checks not 200': String(samples.filter(({ status }) => status !== 200).length),
        'sign-ins by status': people > 0 ? JSON.stringify(statuses) : '',
      };
      expect(samples.length).toBeGreaterThan(rate);
    },
    60_000,
  );
});
