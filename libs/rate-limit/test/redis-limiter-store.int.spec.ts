import { StoreUnavailableError, SystemClock } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { createLogger, Log } from '@app/telemetry';
import { eventually, FakeClock, RedisProcess, startRedisCluster, type RedisCluster } from '@app/testing';
import fc from 'fast-check';
import type { Rule } from '../src/domain/rule.js';
import { MemoryLimiterStore } from '../src/infrastructure/memory/memory-limiter-store.js';
import { rateLimitKeys } from '../src/infrastructure/redis/rate-limit-keys.js';
import { RedisLimiterStore } from '../src/infrastructure/redis/redis-limiter-store.js';
import {
  aClaim,
  bucketRule,
  everyRule,
  limiterStoreContract,
  logRule,
  windowRule,
} from '../src/testing/limiter-store.contract.js';

describe(RedisLimiterStore, () => {
  let server: RedisProcess;
  let store: RedisLimiterStore;
  let now = 1_800_000_000_000_000;
  const connections: RedisConnection[] = [];

  async function connect(url: string): Promise<RedisConnection> {
    const redis = new RedisConnection(
      { url, tls: false },
      new Log(createLogger('silent')),
      new SystemClock(),
    );
    connections.push(redis);
    redis.open();
    await eventually(() => redis.isAvailable, { describe: 'Redis is available', timeoutMs: 10_000 });
    return redis;
  }

  beforeAll(async () => {
    server = await RedisProcess.start();
    store = new RedisLimiterStore(await connect(server.url), () => now);
  });
  afterAll(async () => {
    await Promise.all(connections.map((redis) => redis.close()));
    await server.stop();
  });

  const advance = (ms: number): void => void (now += ms * 1_000);

  limiterStoreContract(() => ({ store, advance }), 60);

  it('says the same as the domain functions, whatever is asked of it', async () => {
    const clock = new FakeClock();
    const memory = new MemoryLimiterStore(clock);
    const rule = fc.constantFrom<Rule>(
      logRule(4),
      windowRule(4),
      bucketRule(4, 7),
      { ...logRule(2), block: { firstMs: 5_000, maxMs: 17_000 } },
      { ...windowRule(2), block: { firstMs: 5_000, maxMs: 17_000 } },
      { ...bucketRule(2), block: { firstMs: 5_000, maxMs: 17_000 } },
    );
    const step = fc.record({
      pauseMs: fc.oneof(
        fc.constant(0),
        fc.integer({ min: 0, max: 20_000 }).map((half) => half / 2),
      ),
      act: fc.constantFrom('consume', 'consume', 'consume', 'check', 'penalise', 'reward', 'reset'),
      cost: fc.integer({ min: 1, max: 2 }),
    } as const);
    await fc.assert(
      fc.asyncProperty(rule, fc.array(step, { maxLength: 40 }), async (ofClaim, steps) => {
        const claim = aClaim(ofClaim);
        for (const { pauseMs, act, cost } of steps) {
          advance(pauseMs);
          clock.advance(pauseMs);
          const same = { ...claim, cost };
          if (act === 'consume' || act === 'check') {
            expect(await store[act]([same])).toEqual(await memory[act]([same]));
          } else await Promise.all([store[act](same), memory[act](same)]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it.each(everyRule)('lets 5 of 1,000 through that ask on three connections at once: %s', async (_, rule) => {
    const claim = aClaim(rule(5));
    const redises = await Promise.all([1, 2, 3].map(() => connect(server.url)));
    const stores = redises.map((redis) => new RedisLimiterStore(redis));
    let [asked, allowed] = [0, 0];
    const ask = async (own: RedisLimiterStore): Promise<void> => {
      while (asked++ < 1_000) if ((await own.consume([claim]))[0]!.isAllowed) allowed += 1;
    };
    // All at once would be a test of the time-out of commands on a busy machine.
    await Promise.all(Array.from({ length: 150 }, (_unused, index) => ask(stores[index % 3]!)));
    expect(allowed).toBe(5);
  });

  it('goes by the clock of the server', async () => {
    const real = new RedisLimiterStore(await connect(server.url));
    const claim = aClaim({ kind: 'sliding-log', limit: 1, windowMs: 100 });
    await real.consume([claim]);
    const [refusal] = await real.consume([claim]);
    expect(refusal!.isAllowed).toBe(false);
    await eventually(async () => (await real.consume([claim]))[0]!.isAllowed, {
      describe: 'the window ends',
    });
  });

  it.each(everyRule)(
    'leaves no key behind that lives longer than it means something: %s',
    async (_, rule) => {
      const claim = aClaim(rule(3));
      await store.consume([claim]);
      const life = Number(await server.command('PTTL', rateLimitKeys.standing(claim)));
      expect(life).toBeGreaterThan(10_000);
      expect(life).toBeLessThanOrEqual(120_000);
      await store.reward(claim);
      expect((await store.check([{ ...claim, cost: 0 }]))[0]!.remaining).toBe(3);
    },
  );

  it.each([
    ['a list', ['LPUSH', 'x']],
    ['garbage', ['SET', 'lx']],
    ['garbage of a block', ['SET', 'Lx']],
    ['an empty text', ['SET', '']],
  ])('takes %s for nothing and replaces it', async (_, [command = '', value = '']) => {
    for (const [, rule] of everyRule) {
      const claim = aClaim(rule(1));
      await server.command(command, rateLimitKeys.standing(claim), value);
      expect((await store.consume([claim]))[0]!.isAllowed).toBe(true);
      expect((await store.consume([claim]))[0]!.isAllowed).toBe(false);
    }
  });

  it.each(everyRule)('keeps nobody waiting for a clock that was put back: %s', async (_, rule) => {
    const claim = aClaim({ ...rule(2), block: { firstMs: 1_000, maxMs: 1_000 } });
    advance(3_600_000);
    for (let index = 0; index < 3; index += 1) await store.consume([claim]);
    advance(-3_600_000);
    expect((await store.check([claim]))[0]!.retryAfterMs).toBeLessThanOrEqual(1_000);
  });

  it('judges requests of one turn of the event loop as if they had come one after the other', async () => {
    const memory = new MemoryLimiterStore(new FakeClock());
    const subjects = [aClaim(logRule(4)), aClaim(windowRule(4)), aClaim(bucketRule(4, 7))];
    const blocking = [logRule(2), windowRule(2), bucketRule(2)].map((rule) =>
      aClaim({ ...rule, block: { firstMs: 5_000, maxMs: 17_000 } }),
    );
    const claim = fc
      .record({ place: fc.nat({ max: 5 }), cost: fc.integer({ min: 1, max: 2 }) })
      .map(({ place, cost }) => ({ ...[...subjects, ...blocking][place]!, cost }));
    const request = fc.uniqueArray(claim, { maxLength: 4, selector: ({ subject }) => subject });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 24 }), async (requests) => {
        const expected = [];
        for (const claims of requests) expected.push(await memory.consume(claims));
        expect(await Promise.all(requests.map((claims) => store.consume(claims)))).toEqual(expected);
        for (const one of [...subjects, ...blocking])
          await Promise.all([store.reset(one), memory.reset(one)]);
      }),
      { numRuns: 150 },
    );
  });

  it('costs one command for sixteen requests of one turn, however many policies each is judged under', async () => {
    const calls = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(String(await server.command('INFO', 'commandstats')))?.[1]);
    const before = await calls();
    const claims = [aClaim(logRule(100)), aClaim(windowRule(100)), aClaim(bucketRule(100))];
    await Promise.all(Array.from({ length: 16 }, () => store.consume(claims)));
    expect(await calls()).toBe(before + 1);
    await Promise.all(Array.from({ length: 17 }, () => store.consume(claims)));
    expect(await calls()).toBe(before + 3);
  });

  it('survives that the server forgets its scripts', async () => {
    await server.command('SCRIPT', 'FLUSH');
    expect((await store.consume([aClaim(logRule(1))]))[0]!.isAllowed).toBe(true);
  });

  it('cannot tell, instead of refusing, when the server is gone or full', async () => {
    const own = await RedisProcess.start();
    const lonely = new RedisLimiterStore(await connect(own.url));
    await own.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(lonely.consume([aClaim(logRule(1))])).rejects.toBeInstanceOf(StoreUnavailableError);
    await own.kill9();
    await expect(lonely.consume([aClaim(logRule(1))])).rejects.toBeInstanceOf(StoreUnavailableError);
    await own.stop();
  });

  describe('on a cluster', () => {
    let cluster: RedisCluster;
    let spread: RedisLimiterStore;

    beforeAll(async () => {
      cluster = await startRedisCluster();
      spread = new RedisLimiterStore(await connect(`redis-cluster://127.0.0.1:${cluster.nodes[0]!.port}`));
    }, 60_000);
    afterAll(() => cluster.stop());

    it.each(everyRule)('lets exactly the limit through: %s', async (_, rule) => {
      const claims = [aClaim(rule(5)), aClaim(rule(500))];
      const verdicts = await Promise.all(Array.from({ length: 50 }, () => spread.consume(claims)));
      expect(verdicts.filter((both) => both.every(({ isAllowed }) => isAllowed))).toHaveLength(5);
    });
  });
});
