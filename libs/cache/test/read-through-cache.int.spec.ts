import { SystemClock } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { createLogger, Log } from '@app/telemetry';
import { eventually, RedisProcess } from '@app/testing';
import { z } from 'zod';
import {
  CacheStore,
  NoCacheStore,
  ReadThroughCache,
  RedisCacheStore,
  SealedCacheStore,
} from '../src/index.js';

const schema = z.object({ name: z.string() });
const settings = { schema, lifeMs: 60_000, absenceLifeMs: 1_000 };

/** Counts loads, which is what a cache is for. */
function source(value: { name: string } | null) {
  const load = { count: 0, run: async () => (load.count++, value) };
  return load;
}

describe(ReadThroughCache.name, () => {
  let server: RedisProcess;
  let redis: RedisConnection;
  let store: CacheStore;

  beforeAll(async () => {
    server = await RedisProcess.start();
    redis = new RedisConnection(
      { url: server.url, tls: false },
      new Log(createLogger('silent')),
      new SystemClock(),
    );
    redis.open();
    await eventually(() => redis.isAvailable, { describe: 'a connection' });
    store = new RedisCacheStore(redis);
  });

  afterAll(async () => {
    await redis.close();
    await server.stop();
  });

  it('loads once and then serves from the store', async () => {
    const cache = new ReadThroughCache(store, settings);
    const load = source({ name: 'Ann' });
    expect(await cache.get('profile:1', load.run)).toEqual({ value: { name: 'Ann' }, result: 'miss' });
    await eventually(async () => (await store.get('profile:1')) !== null, { describe: 'the value in Redis' });
    expect(await cache.get('profile:1', load.run)).toEqual({ value: { name: 'Ann' }, result: 'hit' });
    expect(load.count).toBe(1);
  });

  it('remembers that there is none', async () => {
    const cache = new ReadThroughCache(store, settings);
    const load = source(null);
    await cache.get('profile:2', load.run);
    await eventually(async () => (await store.get('profile:2')) !== null, {
      describe: 'the absence in Redis',
    });
    expect(await cache.get('profile:2', load.run)).toEqual({ value: null, result: 'hit' });
    expect(load.count).toBe(1);
  });

  it('takes garbage, an old shape and a key of another type for a miss', async () => {
    const cache = new ReadThroughCache(store, settings);
    const load = source({ name: 'Ann' });
    await server.command('SET', 'profile:3', '{');
    await server.command('SET', 'profile:4', '{"title":"Ann"}');
    await server.command('LPUSH', 'profile:5', 'x');
    for (const key of ['profile:3', 'profile:4', 'profile:5']) {
      expect(await cache.get(key, load.run)).toEqual({ value: { name: 'Ann' }, result: 'miss' });
    }
  });

  it('takes a value for a miss that its reader finds too old, and overwrites it', async () => {
    const cache = new ReadThroughCache(store, settings);
    const name = (text: string) => (value: { name: string }) => value.name === text;
    await cache.get('profile:10', source({ name: 'Ann' }).run);
    await eventually(async () => (await store.get('profile:10')) !== null, {
      describe: 'the value in Redis',
    });
    const load = source({ name: 'Bea' });
    expect(await cache.get('profile:10', load.run, name('Bea'))).toEqual({
      value: { name: 'Bea' },
      result: 'miss',
    });
    await eventually(async () => (await store.get('profile:10'))?.includes('Bea'), {
      describe: 'the new one',
    });
    expect((await cache.get('profile:10', load.run, name('Bea'))).result).toBe('hit');
  });

  describe('over a sealed store', () => {
    const sealed = (key = 'k') => new SealedCacheStore(store, Buffer.from(key));

    it('gives back what was put in', async () => {
      await sealed().set('sealed:1', 'Ünïcode {"a":1}', 60_000);
      expect(await sealed().get('sealed:1')).toBe('Ünïcode {"a":1}');
      expect(await sealed().get('sealed:none')).toBeNull();
      await sealed().delete('sealed:1');
      expect(await sealed().get('sealed:1')).toBeNull();
    });

    it('believes no text that was made up, changed, moved or sealed by another key', async () => {
      await sealed().set('sealed:2', '{"name":"Ann"}', 60_000);
      const text = (await store.get('sealed:2'))!;
      await store.set('sealed:3', text, 60_000);
      expect(await sealed().get('sealed:3')).toBeNull();
      await store.set('sealed:2', text.replace('Ann', 'Eve'), 60_000);
      expect(await sealed().get('sealed:2')).toBeNull();
      await store.set('sealed:2', '{"name":"Eve"}', 60_000);
      expect(await sealed().get('sealed:2')).toBeNull();
      await sealed('another').set('sealed:2', 'x', 60_000);
      expect(await sealed().get('sealed:2')).toBeNull();
    });
  });

  it('shares one load among callers who miss at the same time, plus one for those who came later', async () => {
    const cache = new ReadThroughCache(new NoCacheStore(), settings);
    const load = source({ name: 'Ann' });
    await Promise.all(Array.from({ length: 50 }, () => cache.get('profile:6', load.run)));
    expect(load.count).toBeLessThanOrEqual(2);
  });

  it('forgets a value on request', async () => {
    const cache = new ReadThroughCache(store, settings);
    const load = source({ name: 'Ann' });
    await cache.get('profile:7', load.run);
    await eventually(async () => (await store.get('profile:7')) !== null, { describe: 'the value in Redis' });
    await cache.forget('profile:7');
    expect((await cache.get('profile:7', load.run)).result).toBe('miss');
  });

  it('loads from the source while Redis is away and fails only as the source does', async () => {
    const cache = new ReadThroughCache(store, settings);
    await server.freeze();
    try {
      expect(await cache.get('profile:8', source({ name: 'Ann' }).run)).toEqual({
        value: { name: 'Ann' },
        result: 'miss',
      });
      await expect(cache.get('profile:9', () => Promise.reject(new Error('no source')))).rejects.toThrow(
        'no source',
      );
      await cache.forget('profile:8');
    } finally {
      server.thaw();
    }
  });
});
