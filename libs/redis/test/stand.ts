import type { RedisConfig } from '@app/config';
import { StoreUnavailableError, SystemClock } from '@app/kernel';
import { createLogger, Log } from '@app/telemetry';
import { eventually, RedisProcess } from '@app/testing';
import { RedisConnection, Together } from '../src/index.js';

/** What is promised from the moment the server answers again, and an allowance for a busy machine. */
export const backWithinMs = 2_000 + 500;

/** For the tests of one file: whatever a test starts ends with it, in reverse. */
export function redisStand() {
  const endings: (() => unknown)[] = [];

  afterEach(async () => {
    for (const end of endings.splice(0).toReversed()) await end();
  });

  async function server(args: string[] = []): Promise<RedisProcess> {
    const redis = await RedisProcess.start({ args });
    endings.push(() => redis.stop());
    return redis;
  }

  function connectionTo(url: string, more: Partial<RedisConfig> = {}): RedisConnection {
    const log = new Log(createLogger('silent'));
    const redis = new RedisConnection({ url, tls: false, ...more }, log, new SystemClock());
    endings.push(() => redis.close());
    redis.open();
    return redis;
  }

  async function available(redis: RedisConnection, timeoutMs = 5_000): Promise<void> {
    await eventually(() => redis.isAvailable, { describe: 'Redis is available', timeoutMs });
  }

  /** Milliseconds until the command was refused. */
  async function expectRefusal(redis: RedisConnection): Promise<number> {
    const started = performance.now();
    await expect(redis.run((client) => client.get('key'))).rejects.toBeInstanceOf(StoreUnavailableError);
    return performance.now() - started;
  }

  return { available, connectionTo, endings, expectRefusal, server };
}

/** Values by name, those of one turn of the event loop in one command. */
export function readsTogether(redis: RedisConnection): Together<readonly string[], (string | null)[]> {
  return new Together(redis, async (reads) => {
    const texts = await redis.run((client) => client.mget(reads.flat()));
    let from = 0;
    return reads.map(({ length }) => texts.slice(from, (from += length)));
  });
}
