import { SystemClock } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { createLogger, Log } from '@app/telemetry';
import { eventually, FakeClock, RedisProcess } from '@app/testing';
import { Controller, Get } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { SkipThrottle, Throttle, ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { MemoryLimiterStore } from '../src/infrastructure/memory/memory-limiter-store.js';
import { RedisLimiterStore } from '../src/infrastructure/redis/redis-limiter-store.js';
import { LimiterThrottlerStorage } from '../src/infrastructure/throttler/limiter-throttler-storage.js';
import { anInstance, FlakyStore } from '../src/testing/rate-limits.js';

@Controller()
class Routes {
  @Get('plain')
  plain() {
    return {};
  }

  @Get('other')
  other() {
    return {};
  }

  @Get('brief')
  @SkipThrottle({ long: true })
  brief() {
    return {};
  }

  @Get('free')
  @SkipThrottle({ short: true, long: true })
  free() {
    return {};
  }

  @Get('strict')
  @Throttle({ short: { limit: 1, ttl: 60_000 } })
  strict() {
    return {};
  }

  @Get('blocked')
  @SkipThrottle({ long: true })
  @Throttle({ short: { limit: 1, ttl: 10_000, blockDuration: 40_000 } })
  blocked() {
    return {};
  }
}

/** The guard of `@nestjs/throttler` as it comes, on our storage: what its documentation says must hold. */
describe.each(['memory', 'redis'] as const)(`${LimiterThrottlerStorage.name} on %s`, (kind) => {
  let clock: FakeClock;
  let app: NestFastifyApplication;
  let server: RedisProcess | null = null;
  let redis: RedisConnection | null = null;
  let now = 1_800_000_000_000_000;

  beforeAll(async () => {
    if (kind === 'memory') return;
    server = await RedisProcess.start();
    redis = new RedisConnection(
      { url: server.url, tls: false },
      new Log(createLogger('silent')),
      new SystemClock(),
    );
    redis.open();
    await eventually(() => redis!.isAvailable, { describe: 'Redis is available' });
  });
  afterAll(async () => {
    await redis?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    clock = new FakeClock();
    await server?.command('FLUSHALL');
    const shared = redis
      ? new RedisLimiterStore(redis, () => now)
      : new FlakyStore(new MemoryLimiterStore(clock));
    const module = await Test.createTestingModule({
      imports: [
        ThrottlerModule.forRoot({
          storage: new LimiterThrottlerStorage(anInstance(shared, clock).limits),
          throttlers: [
            { name: 'short', limit: 2, ttl: 10_000, blockDuration: 0 },
            { name: 'long', limit: 3, ttl: 60_000, blockDuration: 0 },
          ],
        }),
      ],
      controllers: [Routes],
      providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    await app.init();
  });
  afterEach(() => app.close());

  const get = (path: string) => app.inject({ method: 'GET', url: `/${path}` });
  const statuses = async (path: string, times: number): Promise<number[]> => {
    const found: number[] = [];
    for (let index = 0; index < times; index += 1) found.push((await get(path)).statusCode);
    return found;
  };
  const advance = (ms: number): void => {
    clock.advance(ms);
    now += ms * 1_000;
  };

  it('holds named limits, each for itself', async () => {
    expect(await statuses('plain', 3)).toEqual([200, 200, 429]);
    advance(10_000);
    expect(await statuses('plain', 2)).toEqual([200, 429]);
    advance(50_000);
    expect(await statuses('plain', 1)).toEqual([200]);
  });

  it('names what is left of each, and when to come back', async () => {
    const { headers } = await get('plain');
    expect(headers).toMatchObject({
      'x-ratelimit-limit-short': '2',
      'x-ratelimit-remaining-short': '1',
      'x-ratelimit-reset-short': '10',
      'x-ratelimit-limit-long': '3',
      'x-ratelimit-remaining-long': '2',
      'x-ratelimit-reset-long': '60',
    });
    await get('plain');
    expect((await get('plain')).headers['retry-after-short']).toBe('10');
  });

  it('counts routes apart', async () => {
    expect(await statuses('plain', 3)).toEqual([200, 200, 429]);
    expect(await statuses('other', 1)).toEqual([200]);
  });

  it('leaves out what a route skips', async () => {
    for (let round = 0; round < 3; round += 1) {
      expect(await statuses('brief', 3)).toEqual([200, 200, 429]);
      advance(10_000);
    }
    expect(await statuses('free', 10)).toEqual(Array.from({ length: 10 }, () => 200));
  });

  it('takes the numbers of a route instead of its own', async () => {
    expect(await statuses('strict', 2)).toEqual([200, 429]);
    advance(10_000);
    expect(await statuses('strict', 1)).toEqual([429]);
  });

  it('blocks for the block duration, which further requests do not prolong, and then counts anew', async () => {
    expect(await statuses('blocked', 2)).toEqual([200, 429]);
    advance(39_000);
    expect((await get('blocked')).headers['retry-after-short']).toBe('1');
    advance(1_000);
    expect(await statuses('blocked', 2)).toEqual([200, 429]);
  });

  /** @see https://github.com/nestjs/throttler/issues/1303 */
  it('lets exactly the limit through, however many ask at once', async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, () => get('brief')));
    expect(replies.filter(({ statusCode }) => statusCode === 200)).toHaveLength(2);
  });
});
