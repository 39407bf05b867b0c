import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@app/testing';
import { type Cluster, target } from './cluster.js';
import type { Fault } from './faults.js';
import type { SeededRandom } from './seeded-random.js';

type Steps = Pick<Fault, 'inject' | 'heal'>;

/** One that was promoted would come back as the replica it was started as. */
function asPrimary(redis: Cluster['redis']): Promise<void> {
  return redis.restart([]);
}

const nothing = async (): Promise<void> => undefined;

/** Faults of the Redis server itself, by name. Each lasts from `inject` to `heal`. */
export function redisFaults(cluster: Cluster, random: SeededRandom): Record<string, () => Steps> {
  return {
    'redis killed': () => ({
      inject: async () => void (await cluster.redis.kill9()),
      heal: () => asPrimary(cluster.redis),
    }),
    'redis frozen': () => ({
      inject: () => cluster.redis.freeze(),
      heal: async () => cluster.redis.thaw(),
    }),
    'redis flushed': () => ({
      inject: async () => void (await cluster.redis.command('FLUSHALL')),
      heal: nothing,
    }),
    'redis scripts flushed': () => ({
      inject: async () => void (await cluster.redis.command('SCRIPT', 'FLUSH')),
      heal: nothing,
    }),
    'redis on an old file': () => oldFile(cluster),
    'redis read-only': () => ({
      inject: async () => void (await cluster.redis.command('REPLICAOF', '127.0.0.1', 1)),
      heal: async () => void (await cluster.redis.command('REPLICAOF', 'NO', 'ONE')),
    }),
    'redis out of memory': () => ({
      inject: async () => void (await cluster.redis.command('CONFIG', 'SET', 'maxmemory', '1mb')),
      heal: async () => void (await cluster.redis.command('CONFIG', 'SET', 'maxmemory', '0')),
    }),
    'redis full of garbage': () => ({ inject: () => spoil(cluster, random), heal: nothing }),
    'redis slow': () => slow(cluster, Math.round(random.between(20, 300))),
    'redis failed over': () => ({ inject: () => failOver(cluster, random), heal: nothing }),
  };
}

/** What was saved at the beginning comes back at the end, without everything that happened in between. */
export function oldFile(cluster: Cluster): Steps {
  const { redis } = cluster;
  const [file, copy] = ['dump.rdb', 'old.rdb'].map((name) => join(redis.dir, name)) as [string, string];
  return {
    inject: async () => {
      await redis.command('SAVE');
      copyFileSync(file, copy);
    },
    heal: async () => {
      await redis.kill9();
      copyFileSync(copy, file);
      await asPrimary(redis);
      // Later restarts are to come back empty.
      rmSync(file);
    },
  };
}

/** Wrong types and nonsense in place of a tenth of the entries, tombstones and epochs. */
async function spoil(cluster: Cluster, random: SeededRandom): Promise<void> {
  const keys = ((await cluster.redis.command('KEYS', '*')) as string[]).toSorted();
  for (const key of keys.filter((name) => !name.startsWith('ended')).filter(() => random.next() < 0.1)) {
    await cluster.redis.command('DEL', key);
    // Refused where somebody has written a good value in between.
    if (random.next() < 0.5) await cluster.redis.command('RPUSH', key, 'nonsense').catch(() => undefined);
    else await cluster.redis.command('SET', key, '{');
  }
}

function slow(cluster: Cluster, ms: number): Steps {
  const all = cluster.members.map((member) => member.toRedis);
  return {
    inject: async () => void (await Promise.all(all.map((link) => link.set({ kind: 'delay', ms: ms / 2 })))),
    heal: async () => void (await Promise.all(all.map((link) => link.set({ kind: 'pass' })))),
  };
}

/** A replica that has not heard anything for a while becomes primary; instances come over one at a time. */
async function failOver(cluster: Cluster, random: SeededRandom): Promise<void> {
  const { redis: old, replica, replicaLink } = cluster;
  if (!replica || !replicaLink) throw new Error('this cluster has no replica');
  await replicaLink.set({ kind: 'hold' });
  await sleep(random.between(200, 1_200));
  await replica.command('REPLICAOF', 'NO', 'ONE');
  for (const member of cluster.members) {
    member.toRedis.retarget(target(replica));
    await sleep(random.between(0, 300));
  }
  await follow(cluster, { primary: replica, replica: old });
}

/** The old primary forgets everything and follows the new one. */
async function follow(
  cluster: Cluster,
  { primary, replica }: { primary: Cluster['redis']; replica: Cluster['redis'] },
): Promise<void> {
  const link = cluster.replicaLink!;
  link.retarget(target(primary));
  await link.set({ kind: 'pass' });
  await replica.command('REPLICAOF', '127.0.0.1', link.port);
  await eventually(
    async () => String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
    { timeoutMs: 10_000, describe: 'the old primary follows the new one' },
  );
  cluster.redis = primary;
  cluster.replica = replica;
}
