import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, RedisProcess } from '@app/testing';
import { holdingLock, waiters } from './postgres-tricks.js';
import type { Scenario } from './scenarios.js';
import { lapse } from './stage.js';

/**
 * Ending the others was pending, because its tombstones could not be written; somebody else is asked to do it
 * again, finds nothing left to end, and must not call it complete on the strength of tombstones nobody wrote.
 * Needs a third instance.
 */
export const repeatedElsewhere: Scenario = async (stage) => {
  const keeper = await stage.newcomer();
  const session = await stage.cached(await stage.another(keeper));
  await stage.lapseReader();
  await stage.revoker.toRedis.set({ kind: 'hold' });
  const first = await stage.caller.endOthers(0, 'script', keeper);
  if (first.status !== 202) throw new Error(`the first call was answered ${first.status}`);
  await stage.caller.endOthers(2, 'script', keeper);
  await stage.probe(session, 300);
};

/**
 * A fenced reader enters the registry again and loses Postgres before it hears that it has. It can still serve
 * from the cache it has verified, so its row must still say which one that is.
 */
export const lostWhileEntering: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  const other = await stage.another(session);
  await sleep(600);
  await stage.lapseReader();
  await stage.provenSignOut(other);
  const row = `select from instances where name = 'instance-1' for update`;
  await holdingLock(stage.admin, row, async () => {
    await stage.reader.toPostgres.set({ kind: 'pass' });
    await eventually(() => waiters(stage.admin), { timeoutMs: 5_000, describe: 'the reader enters' });
    await stage.reader.toPostgres.set({ kind: 'hold', direction: 'downstream' });
  });
  await sleep(50);
  await stage.reader.toPostgres.set({ kind: 'hold' });
  const { rows } = await stage.query(`select fenced from instances where name = 'instance-1'`);
  if (rows[0]?.fenced !== false) throw new Error('the reader did not enter');
  await stage.revoker.toRedis.set({ kind: 'hold' });
  await sleep(lapse);
  await stage.signOut(session);
  await stage.probe(session, 300);
};

/**
 * The old primary of a failover, with the tombstone, becomes a replica of the new one, which has lagged: the same
 * process, now with older data, under a connection that never broke.
 */
export const demotedUnderTheReader: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  await sleep(600);
  const second = await RedisProcess.startReplicaOf(stage.redis);
  try {
    await second.command('REPLICAOF', 'NO', 'ONE');
    await stage.lapseReader();
    await stage.provenSignOut(session);
    await stage.redis.command('REPLICAOF', '127.0.0.1', second.port);
    await eventually(
      async () => String(await stage.redis.command('INFO', 'replication')).includes('master_link_status:up'),
      { timeoutMs: 10_000, describe: 'the old primary follows the new one' },
    );
    await stage.probe(session, 400);
  } finally {
    await stage.redis.command('REPLICAOF', 'NO', 'ONE');
    await second.stop();
  }
};
