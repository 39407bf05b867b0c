import { ThrottlerStorageRedisService } from '@nest-lab/throttler-storage-redis';
import { SystemClock } from '@app/kernel';
import { RedisLimiterStore, type Rule } from '@app/rate-limit';
import { RedisConnection } from '@app/redis';
import { createLogger, Log } from '@app/telemetry';
import { eventually, RedisProcess } from '@app/testing';
import { Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';

const operations = 10_000;
const subjects = 1_000;
/** Requests on their way at once; with more, the time-out of commands would be measured. */
const callers = 50;
const rounds = 9;

/** Asks about one subject; true if it is allowed. */
type Ask = (subject: string) => Promise<boolean>;

interface Contender {
  readonly exactness: string;
  readonly open: (url: string, limit: number) => Promise<{ ask: Ask; close: () => unknown }>;
}

function ours(rule: (limit: number) => Rule): Contender['open'] {
  return async (url, limit) => {
    const redis = new RedisConnection(
      { url, tls: false },
      new Log(createLogger('silent')),
      new SystemClock(),
    );
    redis.open();
    await eventually(() => redis.isAvailable, { describe: 'Redis is available' });
    const store = new RedisLimiterStore(redis);
    const claim = { policy: 'auth', rule: rule(limit), cost: 1 };
    return {
      ask: async (subject) => (await store.consume([{ ...claim, subject }]))[0]!.isAllowed,
      close: () => redis.close(),
    };
  };
}

const windowMs = 60_000;

const contenders: Record<string, Contender> = {
  'ours, sliding log': {
    exactness: 'exact in any window',
    open: ours((limit) => ({ kind: 'sliding-log', limit, windowMs })),
  },
  'ours, sliding window': {
    exactness: 'below 2 × limit in any window',
    open: ours((limit) => ({ kind: 'sliding-window', limit, windowMs })),
  },
  'ours, token bucket': {
    exactness: 'exact',
    open: ours((limit) => ({ kind: 'token-bucket', rate: limit, perMs: windowMs, burst: limit })),
  },
  'rate-limiter-flexible': {
    exactness: 'fixed window, 2 × limit at its edge',
    open: async (url, points) => {
      const client = new Redis(url);
      const limiter = new RateLimiterRedis({ storeClient: client, points, duration: windowMs / 1_000 });
      const ask: Ask = (subject) =>
        limiter.consume(subject).then(
          () => true,
          (refusal: unknown) => {
            if (refusal instanceof Error) throw refusal;
            return false;
          },
        );
      return { ask, close: () => client.disconnect() };
    },
  },
  '@nest-lab/throttler-storage-redis': {
    exactness: 'fixed window, 2 × limit at its edge',
    open: async (url, limit) => {
      const client = new Redis(url);
      const storage = new ThrottlerStorageRedisService(client);
      const ask: Ask = async (subject) =>
        !(await storage.increment(subject, windowMs, limit, windowMs, 'auth')).isBlocked;
      return { ask, close: () => client.disconnect() };
    },
  },
};

/**
 * One request, one subject, one policy: operations per second, what they cost the server's processor, and what a
 * subject costs its memory. All on one server, in turn, each round beginning with another one. The machine is shared,
 * so what is shown is the median of all rounds with the least and the most; where ranges overlap nobody has won.
 */
describe('limits on Redis', () => {
  let redis: RedisProcess;
  const rows: Record<string, Record<string, string>> = {};

  beforeAll(async () => {
    redis = await RedisProcess.start();
  });
  afterAll(async () => {
    await redis.stop();
    console.table(rows);
  });

  it.each([10, 100])(
    'at a limit of %i',
    async (limit) => {
      const samples = new Map<string, Sample[]>();
      const entries = Object.entries(contenders);
      for (let round = 0; round < rounds; round += 1) {
        const shift = round % entries.length;
        for (const [name, { open }] of [...entries.slice(shift), ...entries.slice(0, shift)]) {
          const sample = await measure(redis, (url) => open(url, limit));
          samples.set(name, [...(samples.get(name) ?? []), sample]);
        }
      }
      for (const [name, { open, exactness }] of entries) {
        const taken = samples.get(name)!;
        rows[`${name}, ${limit}/60`] = {
          exactness,
          'operations/s': spread(taken.map(({ perSecond }) => Math.round(perSecond))),
          'server µs per operation': spread(taken.map(({ micros }) => Math.round(micros * 10) / 10)),
          'bytes per subject, used once': String(await bytesPerSubject(redis, (url) => open(url, limit), 1)),
          'bytes per subject, used up': String(
            await bytesPerSubject(redis, (url) => open(url, limit), limit + 1),
          ),
        };
        expect(taken).toHaveLength(rounds);
      }
    },
    300_000,
  );
});

type Open = (url: string) => ReturnType<Contender['open']>;

interface Sample {
  readonly perSecond: number;
  readonly micros: number;
}

/** Median, least and most. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((left, right) => left - right);
  return `${sorted[Math.floor(sorted.length / 2)]} (${sorted[0]} to ${sorted.at(-1)})`;
}

async function measure(redis: RedisProcess, open: Open): Promise<Sample> {
  await redis.command('FLUSHALL');
  const { ask, close } = await open(redis.url);
  await ask('warm');
  const [cpu, started] = [await processorMicros(redis), performance.now()];
  let left = operations;
  const caller = async (): Promise<void> => {
    while (left-- > 0) await ask(`subject-${left % subjects}`);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - started) / 1_000;
  const used = (await processorMicros(redis)) - cpu;
  await close();
  return { perSecond: operations / seconds, micros: used / operations };
}

/** User and system time of the server. */
async function processorMicros(redis: RedisProcess): Promise<number> {
  const text = String(await redis.command('INFO', 'cpu'));
  const of = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1]) * 1e6;
  return of('used_cpu_sys') + of('used_cpu_user');
}

/** Everything that Redis keeps for it, by its own count (MEMORY USAGE), with names as long as ours. */
async function bytesPerSubject(redis: RedisProcess, open: Open, uses: number): Promise<number> {
  await redis.command('FLUSHALL');
  const { ask, close } = await open(redis.url);
  for (let use = 0; use < uses; use += 1) await ask('abcdefghijklmnopqrstuv');
  const keys = (await redis.command('KEYS', '*')) as string[];
  const sizes = await Promise.all(keys.map((key) => redis.command('MEMORY', 'USAGE', key)));
  await close();
  return sizes.map(Number).reduce((sum, size) => sum + size, 0);
}
