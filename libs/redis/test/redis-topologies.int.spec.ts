import { setTimeout as pause } from 'node:timers/promises';
import { eventually, RedisProcess, startRedisCluster, startSentinel } from '@app/testing';
import { backWithinMs, readsTogether, redisStand } from './stand.js';

const { available, connectionTo, endings, server } = redisStand();

describe('a connection to more than one server', () => {
  it('finds the new primary that Sentinel has promoted', async () => {
    const primary = await server();
    const replica = await RedisProcess.startReplicaOf(primary);
    endings.push(() => replica.stop());
    const sentinel = await startSentinel({
      masters: [{ name: 'main', port: primary.port, downAfterMs: 300 }],
    });
    endings.push(() => sentinel.stop());
    await eventually(
      async () => String(await sentinel.command('SENTINEL', 'REPLICAS', 'main')).includes(`${replica.port}`),
      { describe: 'Sentinel knows the replica', timeoutMs: 15_000 },
    );
    const redis = connectionTo(`redis-sentinel://127.0.0.1:1,127.0.0.1:${sentinel.port}/main`);
    await available(redis);
    const { runId } = redis;
    await primary.kill9();
    await eventually(async () => (await redis.probe()).latencyMs > 0, {
      describe: 'the replica takes writes',
      timeoutMs: 15_000,
    });
    expect(redis.runId).not.toBe(runId);
    expect(String(await replica.command('INFO', 'server'))).toContain(`run_id:${redis.runId}`);
  }, 40_000);

  it('serves from a cluster, which has no single process, and again after it lost a node', async () => {
    const cluster = await startRedisCluster();
    endings.push(() => cluster.stop());
    const [node] = cluster.nodes;
    const hosts = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const redis = connectionTo(`redis-cluster://${hosts}`);
    await available(redis);
    expect(redis.runId).toBeNull();
    const reads = readsTogether(redis);
    const ofManySlots = ['1', '2', '3'].map((tag) => reads.ask([`a{${tag}}`, `b{${tag}}`]));
    expect(await Promise.all(ofManySlots)).toEqual(ofManySlots.map(() => [null, null]));
    const traffic = { isOver: false };
    const asking = Array.from({ length: 6 }, async (_, caller) => {
      for (let turn = caller; !traffic.isOver; turn += 7) {
        await reads.ask([`a{${turn}}`, `b{${turn}}`]).catch(() => undefined);
        await pause(15);
      }
    });
    await node!.kill9();
    await pause(2_500);
    await node!.restart();
    await eventually(
      async () => String(await node!.command('CLUSTER', 'INFO')).includes('cluster_state:ok'),
      {
        describe: 'the cluster is whole again',
        timeoutMs: 10_000,
      },
    );
    await available(redis, backWithinMs + 2_000);
    traffic.isOver = true;
    await Promise.all(asking);
    for (const key of ['a', 'b', 'c', 'd']) {
      await eventually(async () => (await redis.run((client) => client.set(key, key))) === 'OK', {
        describe: `${key} is written`,
      });
    }
  }, 40_000);
});
