import { eventually, FaultProxy, PostgresProcess } from '@app/testing';
import { type Device, inWords, proofOf } from './support/client.js';
import { Fleet, pause } from './support/fleet.js';
import { Load } from './support/load.js';
import { ask, caughtUp, promote, startStandbyOf } from './support/standby.js';
import { allEnded, expectMainStory } from './support/story.js';

describe('a Postgres with an asynchronous standby', () => {
  let primary: PostgresProcess;
  let standby: PostgresProcess;
  let replication: FaultProxy;
  let fleet: Fleet;

  beforeEach(async () => {
    primary = await PostgresProcess.start();
    replication = await FaultProxy.start({ target: { host: '127.0.0.1', port: primary.port } });
    standby = await startStandbyOf(primary, replication);
    fleet = await Fleet.start({ postgres: primary });
  }, 60_000);

  afterEach(async () => {
    await fleet.stop();
    await replication.close();
    await Promise.all([primary.stop(), standby.stop()]);
  });

  /** Everything points to the standby, which has become the primary of another timeline. */
  async function failOver(): Promise<void> {
    await primary.kill9();
    await replication.set({ kind: 'refuse' });
    await promote(standby);
    for (const { toPostgres } of fleet.members) {
      toPostgres.retarget({ host: '127.0.0.1', port: standby.port });
    }
  }

  const endedOnStandby = (device: Device): Promise<unknown> =>
    ask(standby, 'select end_reason from sessions where id = $1 and ended_at is not null', [
      device.sessionId,
    ]);

  it('fails over without refusing anybody valid, and knows again what the standby has not got', async () => {
    const [staying, told, lost] = [
      await fleet.warmDevice(),
      await fleet.warmDevice(),
      await fleet.warmDevice(),
    ];
    const account = await fleet.warmDevice();
    expect(proofOf(await fleet.first.api.signOut(told))).toBe('200 complete');
    await caughtUp(primary, standby);
    await replication.set({ kind: 'hold' });
    expect(proofOf(await fleet.first.api.signOut(lost))).toBe('200 complete');
    expect(proofOf(await fleet.first.api.signOutEverywhere(account))).toBe('200 complete');
    const load = new Load(fleet.members, { valid: [staying], revoked: [told, lost, account] });
    await failOver();
    expect(await endedOnStandby(lost)).toEqual([]);
    for (const { process } of fleet.members) {
      await eventually(() => process.output.includes('feed.database_changed'), {
        describe: 'the other timeline is noticed',
        timeoutMs: 10_000,
      });
    }
    await fleet.becomesNormal();
    await pause(300);
    expect(await load.stop()).toMatchObject({ refusals: [], acceptances: [] });
    for (const device of [told, lost, account]) expect(await fleet.answers(device)).toEqual(allEnded(fleet));
    expect(await endedOnStandby(told)).toEqual([{ end_reason: 'signout' }]);
    expect(await endedOnStandby(lost)).toEqual([{ end_reason: 'signout' }]);
    expect(await ask(standby, 'select gen::int from users where id = $1', [account.userId])).toEqual([
      { gen: 1 },
    ]);
    // Entries of the old history serve nobody; what is read now is from the new one and is believed.
    await fleet.warm(staying);
    await expectMainStory(fleet);
    // And an instance that has never known reads it there, without any help from Redis.
    await fleet.redis.command('FLUSHALL');
    const late = await Fleet.start({ size: 1, postgres: standby, redis: null, env: { INSTANCE_ID: 'late' } });
    for (const device of [told, lost, account]) {
      expect(inWords(await late.first.api.check(device.token))).toBe('401 SESSION_ENDED');
    }
    await late.stop();
  }, 60_000);

  /** @see https://jepsen.io/analyses/amazon-rds-for-postgresql-17.4 */
  it('is never asked about a session on its standby', async () => {
    const device = await fleet.warmDevice();
    await caughtUp(primary, standby);
    const { toPostgres, toRedis, api } = fleet.second;
    await replication.set({ kind: 'hold' });
    toPostgres.retarget({ host: '127.0.0.1', port: standby.port });
    await toRedis!.set({ kind: 'refuse' });
    expect(proofOf(await fleet.first.api.signOut(device))).toBe('200 complete');
    for (let turn = 0; turn < 10; turn += 1) {
      expect(inWords(await api.check(device.token))).toBe('503 STORE_UNAVAILABLE');
      await pause(50);
    }
    toPostgres.retarget({ host: '127.0.0.1', port: primary.port });
    await toRedis!.set({ kind: 'pass' });
    await fleet.becomesNormal();
    await eventually(async () => inWords(await api.check(device.token)) === '401 SESSION_ENDED', {
      describe: 'the instance knows again',
    });
  }, 60_000);
});
