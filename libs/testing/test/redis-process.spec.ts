import { existsSync } from 'node:fs';
import { Cluster, Redis } from 'ioredis';
import { eventually, FaultProxy, RedisProcess, startRedisCluster, startSentinel } from '../src/index.js';

describe(RedisProcess.name, () => {
  const started: { stop(): Promise<unknown> }[] = [];
  const own = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    started.push(server);
    return server;
  };

  afterEach(async () => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
  });

  it('serves alone on its port and allows DEBUG', async () => {
    const [one, other] = await Promise.all([own(RedisProcess.start()), own(RedisProcess.start())]);
    await one.command('SET', 'key', 'value');
    expect(await one.command('DEBUG', 'SLEEP', 0)).toBe('OK');
    expect(await other.command('GET', 'key')).toBeNull();
  });

  it('shows why it cannot start', async () => {
    await expect(RedisProcess.start({ args: ['--maxmemory', 'plenty'] })).rejects.toThrow(
      /exited before it was ready:[^]*maxmemory/,
    );
  });

  it('loses everything by kill -9 and serves again on the same port', async () => {
    const redis = await own(RedisProcess.start());
    const { port, pid } = redis;
    await redis.command('SET', 'key', 'value');
    expect(await redis.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(redis.command('PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await redis.command('GET', 'key')).toBeNull();
  });

  it('keeps its data over a crash when told to log it', async () => {
    const redis = await own(RedisProcess.start({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] }));
    await redis.command('SET', 'key', 'value');
    await redis.kill9();
    await redis.restart();
    expect(await redis.command('GET', 'key')).toBe('value');
  });

  it('takes other options at a restart and keeps them', async () => {
    const redis = await own(RedisProcess.start({ args: ['--maxclients', '50'] }));
    await redis.restart(['--maxclients', '60']);
    await redis.kill9();
    await redis.restart();
    expect(await redis.command('CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', '60']);
  });

  it('answers nothing while frozen and everything afterwards', async () => {
    const [redis, other] = await Promise.all([own(RedisProcess.start()), own(RedisProcess.start())]);
    await redis.freeze();
    const answer = redis.command('ECHO', 'frozen');
    expect(await Promise.race([answer, other.command('ECHO', 'awake')])).toBe('awake');
    redis.thaw();
    expect(await answer).toBe('frozen');
  });

  it('can be killed while frozen', async () => {
    const redis = await own(RedisProcess.start());
    await redis.freeze();
    expect(await redis.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('removes its folder when stopped, and keeps one that was given', async () => {
    const redis = await RedisProcess.start();
    const guest = await RedisProcess.start({ dir: redis.dir });
    await guest.stop();
    expect(existsSync(redis.dir)).toBe(true);
    await redis.stop();
    expect(existsSync(redis.dir)).toBe(false);
  });

  it('follows its primary, also through a fault proxy that can make it lag', async () => {
    const primary = await own(RedisProcess.start());
    const link = await FaultProxy.start({ target: { host: '127.0.0.1', port: primary.port } });
    const replica = await own(RedisProcess.startReplicaOf(link));
    await primary.command('SET', 'key', 'value');
    await eventually(() => replica.command('GET', 'key'), { describe: 'the value is replicated' });
    await link.set({ kind: 'hold' });
    await primary.command('DEL', 'key');
    await primary.kill9();
    await link.close();
    await replica.command('REPLICAOF', 'NO', 'ONE');
    expect(await replica.command('GET', 'key')).toBe('value');
  });

  it('fails over by Sentinel to the replica', async () => {
    const primary = await own(RedisProcess.start());
    const replica = await own(RedisProcess.startReplicaOf(primary));
    const masters = [{ name: 'main', port: primary.port, downAfterMs: 300 }];
    const sentinel = await own(startSentinel({ masters }));
    await eventually(
      async () => String(await sentinel.command('SENTINEL', 'REPLICAS', 'main')).includes(`${replica.port}`),
      { describe: 'Sentinel knows the replica', timeoutMs: 10_000 },
    );
    await primary.kill9();
    const client = new Redis({ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main' });
    client.on('error', () => undefined); // It tries on until the replica is promoted.
    await eventually(async () => (await client.set('key', 'value')) === 'OK', {
      describe: 'the replica takes writes',
      timeoutMs: 15_000,
    });
    client.disconnect();
    expect(await replica.command('GET', 'key')).toBe('value');
  });

  it('forms a cluster of three', async () => {
    const cluster = await own(startRedisCluster());
    const client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
    const keys = Array.from({ length: 30 }, (_, index) => `key:${index}`);
    await Promise.all(keys.map((key) => client.set(key, key)));
    const sizes = await Promise.all(cluster.nodes.map((node) => node.command('DBSIZE')));
    expect(sizes).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    expect(sizes.every((size) => Number(size) > 0)).toBe(true);
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
    client.disconnect();
  });
});
