import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, RedisProcess } from '@app/testing';
import { target } from './cluster.js';
import { holdingLock, pausingCommits, waiters } from './postgres-tricks.js';
import { keysOf, type Stage } from './stage.js';

/** A play that a correct build survives. It throws when what it is about did not come about. */
export type Scenario = (stage: Stage) => Promise<void>;

/** The reader knows nothing of a revocation, has just been fresh, and Redis has not been told either. */
export const uninformedReader: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  await Promise.all([
    stage.revoker.toRedis.set({ kind: 'hold' }),
    stage.reader.toPostgres.set({ kind: 'hold' }),
  ]);
  await stage.signOut(session);
  await stage.probe(session, 300);
};

/** A lapsed reader finds Redis on a file from before the revocation. */
export const oldFileOfRedis: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  const { redis } = stage;
  const [file, copy] = [join(redis.dir, 'dump.rdb'), join(redis.dir, 'copy.rdb')];
  await redis.command('SAVE');
  copyFileSync(file, copy);
  await stage.lapseReader();
  await stage.provenSignOut(session);
  await redis.kill9();
  copyFileSync(copy, file);
  await redis.restart();
  rmSync(file);
  await stage.probe(session, 1_200);
};

/** After a failover the revoker uses the new primary and a lapsed reader still the old one. */
export const twoPrimaries: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  const second = await RedisProcess.startReplicaOf(stage.redis);
  try {
    await second.command('REPLICAOF', 'NO', 'ONE');
    stage.revoker.toRedis.retarget(target(second));
    await stage.lapseReader();
    await stage.signOut(session);
    if ((await second.command('EXISTS', keysOf(session).tombstone)) !== 1)
      throw new Error('the tombstone is not where it should be');
    await stage.probe(session, 300);
  } finally {
    stage.revoker.toRedis.retarget(target(stage.redis));
    await second.stop();
  }
};

/** What the reader has read before the revocation reaches Redis only long after it. */
export const lateFill: Scenario = async (stage) => {
  await lateFillAfter(stage, async () => undefined);
};

/** And in between a flush has taken the tombstone. */
export const lateFillAfterFlush: Scenario = async (stage) => {
  await lateFillAfter(stage, async (other) => {
    await stage.redis.command('FLUSHALL');
    // The revoker notices and makes the partition usable again.
    await eventually(
      async () => {
        await stage.validate(other, 0);
        return (await stage.redis.command('EXISTS', keysOf(other).epoch)) === 1;
      },
      { describe: 'the partition has an epoch again' },
    );
  });
};

async function lateFillAfter(
  stage: Stage,
  meanwhile: (other: Awaited<ReturnType<Stage['newcomer']>>) => Promise<void>,
): Promise<void> {
  // Redis knows the script from now on: a late call by digest alone has nobody behind it to send the text.
  await stage.cached(await stage.newcomer());
  const session = await stage.newcomer();
  const other = await stage.another(session);
  // While the table is locked the reader stands between its look-up in Redis and its read.
  const reading = await holdingLock(stage.admin, 'lock table sessions in access exclusive mode', async () => {
    const asked = stage.validate(session);
    await eventually(() => waiters(stage.admin), { timeoutMs: 250, describe: 'the reader waits' });
    await stage.reader.toRedis.set({ kind: 'hold', direction: 'upstream' });
    return { asked };
  });
  if ((await reading.asked).status !== 200) throw new Error('the session was not read in time');
  await eventually(() => stage.reader.toRedis.heldBytes.upstream > 0, { describe: 'a fill is on its way' });
  await stage.lapseReader();
  await stage.provenSignOut(session);
  await meanwhile(other);
  await stage.reader.toRedis.set({ kind: 'pass' });
  await stage.probe(session, 500);
}

/** A backup is put back into the running Redis, and the reader catches up while it is being asked. */
export const catchingUpWhileAsked: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  const other = await stage.another(session);
  const { entry, epoch } = keysOf(session);
  const backup = await Promise.all([entry, epoch].map((key) => stage.redis.command('GET', key)));
  await stage.redis.command('FLUSHALL');
  await stage.cached(other);
  await sleep(700);
  await stage.lapseReader();
  await stage.provenSignOut(session);
  await stage.redis.command('FLUSHALL');
  await stage.redis.command('MSET', entry, String(backup[0]), epoch, String(backup[1]));
  await stage.reader.toRedis.set({ kind: 'delay', ms: 40 });
  await stage.revoker.toPostgres.set({ kind: 'hold' });
  await sleep(50);
  const asked = await holdingLock(stage.admin, 'lock table event_log in access exclusive mode', async () => {
    await stage.reader.toPostgres.set({ kind: 'pass' });
    await eventually(() => waiters(stage.admin), { describe: 'the reader polls' });
    const burst: Promise<unknown>[] = [];
    for (let count = 0; count < 6; count += 1) {
      burst.push(stage.validate(session));
      await sleep(4);
    }
    return burst;
  });
  await Promise.all(asked);
};

/** Postgres dies in the very moment in which a sign-in is answered. */
export const deathAtTheAnswer: Scenario = async (stage) => {
  const session = await stage.newcomer();
  await pausingCommits(stage.admin, 'sessions', async () => {
    const signed = await stage.caller.signIn(0, 'script', session.user);
    await stage.stores.postgres.kill9();
    await stage.stores.postgres.restart();
    if (!signed) throw new Error('the sign-in was not answered in time');
  });
};

/** The reader has shown what it knows, and the confirmation is on its way. */
export const shownAndNotConfirmed: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  await stage.revoker.toRedis.set({ kind: 'hold' });
  const row = `select from instances where name = 'instance-1' for update`;
  const { answer } = await holdingLock(stage.admin, row, async () => {
    const ending = stage.signOut(session);
    await eventually(() => waiters(stage.admin), { timeoutMs: 390, describe: 'the reader shows' });
    // A round that had begun before the revocation is not the one that is meant.
    await sleep(60);
    await stage.reader.toPostgres.set({ kind: 'hold', direction: 'downstream' });
    return { answer: ending };
  });
  await answer;
  await stage.probe(session, 300);
};

/** A revocation commits after a younger transaction has been seen. */
export const overtakenCommit: Scenario = async (stage) => {
  const session = await stage.cached(await stage.newcomer());
  await stage.revoker.toRedis.set({ kind: 'hold' });
  await pausingCommits(stage.admin, 'event_log', async () => {
    const ending = stage.signOut(session);
    await sleep(70);
    await stage.query(`select pg_current_xact_id(), pg_notify('rollcall_log', '')`);
    const { status } = await ending;
    if (status !== 200) throw new Error(`the sign-out was answered ${status}`);
    await stage.probe(session, 300);
  });
};

/** The reader can ask nobody. */
export const bothStoresAway: Scenario = async (stage) => {
  const session = await stage.newcomer();
  await Promise.all([
    stage.reader.toRedis.set({ kind: 'hold' }),
    stage.reader.toPostgres.set({ kind: 'hold' }),
  ]);
  await stage.probe(session, 600);
};
