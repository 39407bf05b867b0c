import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailableError, SystemClock } from '@app/kernel';
import { createLogger, Log } from '@app/telemetry';
import { eventually, FaultProxy } from '@app/testing';
import type { Redis } from 'ioredis';
import { RedisConnection } from '../src/index.js';
import { backWithinMs, redisStand } from './stand.js';

const { available, connectionTo, endings, expectRefusal, server } = redisStand();

describe(RedisConnection.name, () => {
  it('is lastingly away when none is configured', async () => {
    const redis = new RedisConnection(null, new Log(createLogger('silent')), new SystemClock());
    redis.open();
    expect([redis.isConfigured, redis.isAvailable, redis.runId, redis.generation]).toEqual([
      false,
      false,
      null,
      0,
    ]);
    await expectRefusal(redis);
    await redis.close();
  });

  it('knows which process it speaks to, and that another took its place', async () => {
    const one = await server();
    const redis = connectionTo(one.url);
    await available(redis);
    const [run, generation] = [redis.runId, redis.generation];
    expect(String(await one.command('INFO', 'server'))).toContain(`run_id:${run}`);
    expect(await redis.probe()).toMatchObject({ connection: 'ready' });
    await one.kill9();
    await eventually(() => redis.runId === null, { describe: 'the loss is noticed' });
    await one.restart();
    await available(redis);
    expect(redis.runId).toMatch(/^\w{40}$/);
    expect(redis.runId).not.toBe(run);
    expect(redis.generation).toBeGreaterThan(generation);
  });

  it('takes a process that was busy itself not for a Redis that is away', async () => {
    const redis = connectionTo((await server()).url);
    await available(redis);
    // The event loop comes to timers next, not to sockets.
    await new Promise(setImmediate);
    const asked = Promise.all(Array.from({ length: 50 }, () => redis.run((client) => client.get('key'))));
    // Right after the commands have been sent, so that the replies come while nobody reads.
    await new Promise(process.nextTick);
    const until = performance.now() + 300;
    while (performance.now() < until);
    expect(new Set(await asked)).toEqual(new Set([null]));
    expect(redis.isAvailable).toBe(true);
  });

  it('sends what is asked in one tick in one packet', async () => {
    const one = await server();
    const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: one.port } });
    endings.push(() => proxy.close());
    const redis = connectionTo(`redis://127.0.0.1:${proxy.port}`);
    await available(redis);
    const packets: number[] = [];
    await redis.run(async (client) => {
      const { stream } = client as Redis;
      const write = Reflect.get(stream, '_writev') as (chunks: unknown[], done: () => void) => void;
      const counted = (chunks: unknown[], done: () => void): void => {
        packets.push(chunks.length);
        write.call(stream, chunks, done);
      };
      Reflect.set(stream, '_writev', counted);
      await Promise.all([client.get('a'), redis.run((same) => same.get('b'))]);
    });
    expect(packets).toEqual([2]);
  });

  /**
   * @see https://github.com/redis/ioredis/issues/1888
   * @see https://github.com/tj/connect-redis/issues/373
   */
  it('costs three callers the time-out when frozen, nobody after them, and is back soon after', async () => {
    const one = await server();
    const redis = connectionTo(one.url);
    await available(redis);
    await one.freeze();
    for (let call = 0; call < 3; call += 1) expect(await expectRefusal(redis)).toBeLessThan(400);
    expect(redis.isAvailable).toBe(false);
    expect(await expectRefusal(redis)).toBeLessThan(20);
    await pause(500);
    one.thaw();
    const thawed = performance.now();
    await available(redis);
    expect(performance.now() - thawed).toBeLessThan(backWithinMs);
    expect(await redis.run((client) => client.get('key'))).toBeNull();
  });

  it('gives up the socket of a link that carries nothing and uses a new one', async () => {
    const one = await server();
    const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: one.port } });
    endings.push(() => proxy.close());
    const redis = connectionTo(proxy.through(one.url));
    await available(redis);
    await proxy.set({ kind: 'hold' });
    const before = proxy.counters.connections;
    for (let call = 0; call < 3; call += 1) await expectRefusal(redis);
    await proxy.set({ kind: 'pass' });
    const healed = performance.now();
    await available(redis);
    expect(performance.now() - healed).toBeLessThan(backWithinMs);
    expect(proxy.counters.connections).toBeGreaterThan(before);
  });

  /** @see https://github.com/rajnandan1/kener/issues/711 */
  it('connects anew when the server has become a read-only replica', async () => {
    const [one, other] = await Promise.all([server(), server()]);
    const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: one.port } });
    endings.push(() => proxy.close());
    const redis = connectionTo(proxy.through(one.url));
    await available(redis);
    await one.command('REPLICAOF', '127.0.0.1', String(other.port));
    await expect(redis.probe()).rejects.toBeInstanceOf(StoreUnavailableError);
    const { runId } = redis;
    proxy.retarget({ host: '127.0.0.1', port: other.port });
    await eventually(async () => (await redis.probe()).latencyMs > 0, { describe: 'writes are taken' });
    expect(redis.runId).not.toBe(runId);
  });

  it('ends without a word and without a trace, even while it is looking for a lost server', async () => {
    const lines: string[] = [];
    const log = new Log(createLogger('debug', { write: (line: string) => void lines.push(line) }));
    const one = await server();
    const [idle, looking] = [0, 1].map(() => {
      const redis = new RedisConnection({ url: one.url, tls: false }, log, new SystemClock());
      redis.open();
      return redis;
    });
    await available(idle!);
    await available(looking!);
    await one.freeze();
    for (let call = 0; call < 3; call += 1) await expectRefusal(looking!);
    const underWay = expectRefusal(idle!);
    const said = lines.length;
    await Promise.all([idle!.close(), looking!.close()]);
    await underWay;
    one.thaw();
    // Several rounds of looking and reconnecting.
    await pause(600);
    expect(lines.slice(said)).toEqual([]);
    expect(
      String(await one.command('CLIENT', 'LIST'))
        .trimEnd()
        .split('\n'),
    ).toHaveLength(1);
  });

  it('is not away when memory is full', async () => {
    const one = await server();
    const redis = connectionTo(one.url);
    await available(redis);
    await one.command('CONFIG', 'SET', 'maxmemory', '1');
    for (let call = 0; call < 5; call += 1) {
      await expect(redis.run((client) => client.set('key', 'value'))).rejects.toBeInstanceOf(
        StoreUnavailableError,
      );
    }
    expect(redis.isAvailable).toBe(true);
    expect(await redis.run((client) => client.get('key'))).toBeNull();
  });

  it('is away with a wrong password and there once it is right', async () => {
    const one = await server(['--requirepass', 'right']);
    const redis = connectionTo(one.url, { password: 'wrong' });
    await pause(300);
    expect(redis.isAvailable).toBe(false);
    await expectRefusal(redis);
    const proper = connectionTo(one.url, { password: 'right' });
    await available(proper);
    expect(redis.isAvailable).toBe(false);
  });

  it('waits for a server that is loading its data', async () => {
    const one = await server();
    await one.command('DEBUG', 'POPULATE', '20000', 'key', '100');
    await one.command('SAVE');
    const redis = connectionTo(one.url);
    await available(redis);
    await one.kill9();
    const restarting = one.restart([
      '--key-load-delay',
      '50',
      '--loading-process-events-interval-bytes',
      '1024',
    ]);
    await pause(300);
    expect(redis.isAvailable).toBe(false);
    await one.command('CONFIG', 'SET', 'key-load-delay', '0').catch(() => undefined);
    await restarting;
    await available(redis);
    expect(await redis.run((client) => client.exists('key:1'))).toBe(1);
  });

  it('opens nothing again after it was closed', async () => {
    const one = await server();
    const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: one.port } });
    endings.push(() => proxy.close());
    const redis = connectionTo(proxy.through(one.url));
    await available(redis);
    await redis.close();
    const { connections } = proxy.counters;
    await pause(500);
    expect(proxy.counters.connections).toBe(connections);
    expect(redis.isAvailable).toBe(false);
  });
});
