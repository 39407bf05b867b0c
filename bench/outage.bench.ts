import { Agent } from 'node:http';
import { openDatabase } from '@app/postgres';
import { SystemClock } from '@app/kernel';
import { ApiInstance, createTestDatabase, eventually, RedisProcess, type TestDatabase } from '@app/testing';
import { load, pass, quantile, type Sample } from './support/steady-load.js';

/** Requests a second; far below what one process serves, so that the figures show waiting, not queueing. */
const rate = 500;
const secondsBefore = 3;
const secondsDuring = 8;

type Fault = (redis: RedisProcess) => Promise<unknown>;

const faults: Record<string, { strike: Fault; heal: Fault }> = {
  'kill -9': { strike: (redis) => redis.kill9(), heal: (redis) => redis.restart() },
  SIGSTOP: { strike: (redis) => redis.freeze(), heal: async (redis) => redis.thaw() },
  FLUSHALL: { strike: (redis) => redis.command('FLUSHALL'), heal: async () => undefined },
  'out of memory': {
    strike: (redis) => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
    heal: (redis) => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
  },
  'SCRIPT FLUSH': { strike: (redis) => redis.command('SCRIPT', 'FLUSH'), heal: async () => undefined },
};

/**
 * Latency of session checks while Redis fails, at a constant rate on one instance: the first second after the
 * fault, the rest of the outage, and quiet time before it as the floor. Prints one table.
 */
describe('session checks while Redis fails', () => {
  let database: TestDatabase;
  let redis: RedisProcess;
  let api: ApiInstance;
  let token: string;
  const rows: Record<string, Record<string, string>> = {};
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  beforeAll(async () => {
    database = await createTestDatabase(migrate);
    redis = await RedisProcess.start();
    api = await ApiInstance.start({
      env: {
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        SECRET_KEY: 'b7e1c09d42f85a36b7e1c09d42f85a36',
        LOG_LEVEL: 'warn',
        RATE_LIMIT_ENABLED: 'false',
      },
    });
    token = await register(api.baseUrl);
  });

  afterAll(async () => {
    agent.destroy();
    await api.stop();
    await redis.stop();
    await database.drop();
    console.table(rows);
  });

  it.each(Object.keys(faults))(
    '%s',
    async (name) => {
      const { strike, heal } = faults[name]!;
      const samples: Sample[] = [];
      const stop = load({ baseUrl: api.baseUrl, token, agent, rate }, samples);
      await pass(secondsBefore);
      const struckAt = performance.now();
      await strike(redis);
      await pass(secondsDuring);
      await stop();
      await heal(redis);
      await eventually(async () => (await statusOf(`${api.baseUrl}/ready`)) === 'ok', {
        describe: 'recovery',
        timeoutMs: 15_000,
      });
      const since = samples.map((sample) => ({ ...sample, at: sample.at - struckAt }));
      rows[name] = {
        'quiet p50 / p99': figures(since.filter(({ at }) => at < -500)),
        'first second p99 / max': worst(since.filter(({ at }) => at >= 0 && at < 1000)),
        'afterwards p99 / max': worst(since.filter(({ at }) => at >= 1000)),
        'not 200': String(samples.filter(({ status }) => status !== 200).length),
      };
      expect(samples.length).toBeGreaterThan(rate);
    },
    60_000,
  );
});

async function migrate(url: string): Promise<void> {
  const open = await openDatabase(
    { kind: 'server', url, poolSize: 1 },
    { clock: new SystemClock(), onIdleError: () => undefined },
  );
  await open.close();
}

async function register(baseUrl: string): Promise<string> {
  const reply = await fetch(`${baseUrl}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ann@example.com', password: 'seven plain words make a phrase' }),
  });
  return ((await reply.json()) as { data: { access_token: string } }).data.access_token;
}

async function statusOf(url: string): Promise<string> {
  return ((await (await fetch(url)).json()) as { status: string }).status;
}

const within = (samples: readonly Sample[], share: number): string =>
  `${quantile(
    samples.map(({ latency }) => latency),
    share,
  ).toFixed(1)} ms`;
const figures = (samples: readonly Sample[]): string => `${within(samples, 0.5)} / ${within(samples, 0.99)}`;
const worst = (samples: readonly Sample[]): string => `${within(samples, 0.99)} / ${within(samples, 1)}`;
