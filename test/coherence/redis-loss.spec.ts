import { eventually } from '@app/testing';
import { type Device, inWords, millisecondsOf, proofOf } from './support/client.js';
import { entryKey, Fleet, pause, tombstoneKey } from './support/fleet.js';
import { Load } from './support/load.js';
import { redisFaults } from './support/redis-faults.js';

/** Answers within this are prompt: 100 ms of command time-out three times over, and a busy machine. */
const promptMs = 900;

describe('while Redis is away', () => {
  let fleet: Fleet;
  let valid: Device[];
  let revoked: Device[];

  beforeAll(async () => {
    fleet = await Fleet.start();
    valid = [];
    revoked = [];
    for (let index = 0; index < 6; index += 1) valid.push(await fleet.warmDevice());
    for (let index = 0; index < 3; index += 1) {
      const device = await fleet.warmDevice();
      revoked.push(device);
      expect(proofOf(await fleet.first.api.signOut(device))).toBe('200 complete');
    }
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  /**
   * @see https://github.com/redisson/redisson/issues/1651
   * @see https://github.com/formbricks/formbricks/pull/9125
   * @see https://github.com/tj/connect-redis/issues/373
   * @see https://github.com/better-auth/better-auth/issues/11326
   */
  it.each(redisFaults)(
    'nobody valid is refused, nobody revoked accepted and sign-out is proven when it $name',
    async ({ begin, heal, isReadable }) => {
      const leaving = await fleet.warmDevice();
      const load = new Load(fleet.members, { valid, revoked });
      await pause(300);
      await begin(fleet);
      await pause(400);
      const signedOut = await fleet.first.api.signOut(leaving);
      expect(proofOf(signedOut)).toBe('200 complete');
      expect(await fleet.answers(leaving)).toEqual(['401 SESSION_ENDED', '401 SESSION_ENDED']);
      await Promise.all(fleet.members.map((member) => member.becomes('degraded', 2_000)));
      const entered = await fleet.second.api.signUp();
      // A refused write may cost a reconnection, and then Postgres vouches for a moment as well.
      for (const words of await fleet.answers(entered)) {
        expect(words).toMatch(isReadable ? /^200( database)?$/ : /^200 database$/);
      }
      await pause(300);
      await heal(fleet);
      await fleet.becomesNormal(4_000);
      await pause(200);
      const report = await load.stop();
      expect(report).toMatchObject({ refusals: [], acceptances: [] });
      if (!isReadable) expect(report.modes).toEqual(['database', 'normal']);
      expect(report.total).toBeGreaterThan(150);
      expect(report.p99).toBeLessThan(promptMs);
      expect(await fleet.answers(leaving)).toEqual(['401 SESSION_ENDED', '401 SESSION_ENDED']);
      // What could not be written meanwhile is written now.
      await eventually(() => fleet.redis.command('EXISTS', tombstoneKey(leaving)), {
        describe: 'the tombstone is there',
      });
      revoked.push(leaving);
    },
    40_000,
  );

  it('is used again within two seconds after it answers', async () => {
    await fleet.redis.freeze();
    await fleet.first.becomes('degraded');
    fleet.redis.thaw();
    const thawed = performance.now();
    const device = valid[0]!;
    await eventually(async () => (await fleet.first.api.check(device.token)).mode === undefined, {
      describe: 'Redis vouches again',
    });
    // The promise is 2,000 ms; the rest is for a machine that has other things to do.
    expect(performance.now() - thawed).toBeLessThan(2_500);
    await fleet.becomesNormal();
  });

  /** @see https://github.com/better-auth/better-auth/issues/5144 */
  it('a data file from before the revocation revives nothing', async () => {
    const leaving = await fleet.warmDevice();
    await fleet.redis.command('SAVE');
    expect(proofOf(await fleet.first.api.signOut(leaving))).toBe('200 complete');
    const load = new Load(fleet.members, { valid, revoked: [...revoked, leaving] });
    await fleet.redis.kill9();
    await fleet.redis.restart();
    expect(await fleet.redis.command('EXISTS', entryKey(leaving), tombstoneKey(leaving))).toBe(1);
    await fleet.becomesNormal();
    expect(await fleet.answers(leaving)).toEqual(['401 SESSION_ENDED', '401 SESSION_ENDED']);
    await pause(500);
    expect(await load.stop()).toMatchObject({ refusals: [], acceptances: [] });
    expect(await fleet.answers(leaving)).toEqual(['401 SESSION_ENDED', '401 SESSION_ENDED']);
  }, 30_000);

  it('a data file from before the revocation serves nobody without Postgres', async () => {
    const leaving = await fleet.warmDevice();
    await fleet.redis.command('SAVE');
    expect(proofOf(await fleet.first.api.signOut(leaving))).toBe('200 complete');
    const fresh = await fleet.join({ INSTANCE_ID: 'late' });
    await fresh.toPostgres.set({ kind: 'hold' });
    await fleet.redis.kill9();
    await fleet.redis.restart();
    await eventually(async () => (await fleet.first.api.ready()).body.status === 'ok', {
      describe: 'Redis is back',
    });
    const answers = new Set<string>();
    for (let turn = 0; turn < 20; turn += 1) answers.add(inWords(await fresh.api.check(leaving.token)));
    expect([...answers].filter((words) => words.startsWith('200'))).toEqual([]);
    await fresh.toPostgres.set({ kind: 'pass' });
    await fresh.process.stop();
  }, 30_000);

  /** @see https://github.com/express-rate-limit/rate-limit-redis/issues/144 */
  it('forgotten scripts are sent again', async () => {
    const device = await fleet.first.api.signUp();
    await fleet.redis.command('SCRIPT', 'FLUSH');
    await fleet.warm(device);
    await eventually(() => fleet.redis.command('EXISTS', entryKey(device)), { describe: 'an entry' });
    await fleet.redis.command('SCRIPT', 'FLUSH');
    expect(proofOf(await fleet.second.api.signOut(device))).toBe('200 complete');
    // The answer waits for the instances, and for the tombstone only where one of them is silent.
    await eventually(async () => (await fleet.redis.command('EXISTS', tombstoneKey(device))) === 1, {
      describe: 'a tombstone',
    });
    expect(await fleet.redis.command('EXISTS', entryKey(device))).toBe(0);
  });

  /**
   * @see https://github.com/spring-projects/spring-session/issues/1111
   * @see https://github.com/spring-projects/spring-session/issues/2021
   */
  it.each([
    ['a list', ['LPUSH', 'x']],
    ['broken JSON', ['SET', '{']],
    ['an entry of another schema', ['SET', '1|x|AAAAAAAAAAAAAAAAAAAAAA|{"v":9}']],
    ['nothing but a field', ['HSET', 'lastAccessedTime', '1']],
  ])('%s in place of an entry is a miss and is repaired', async (_, [command = '', ...values]) => {
    const device = await fleet.warmDevice();
    await fleet.redis.command('DEL', entryKey(device));
    await fleet.redis.command(command, entryKey(device), ...values);
    expect(await fleet.answers(device)).toEqual(['200', '200']);
    await eventually(
      async () => String(await fleet.redis.command('GET', entryKey(device))).split('|').length > 3,
      { describe: 'the entry is written anew' },
    );
  });

  it('a single slow command costs its own caller at most the time-out', async () => {
    const device = valid[0]!;
    await fleet.redis.command('CLIENT', 'PAUSE', '300', 'ALL');
    const reply = await fleet.first.api.check(device.token);
    expect(reply.status).toBe(200);
    // 100 ms until Redis is given up, then Postgres.
    expect(millisecondsOf(reply)).toBeLessThan(600);
    await fleet.becomesNormal();
  });

  /** @see https://github.com/keycloak/keycloak/issues/31296 */
  it('a flush and a new instance do not bring a signed-out session back', async () => {
    const leaving = await fleet.warmDevice();
    expect(proofOf(await fleet.first.api.signOut(leaving))).toBe('200 complete');
    await fleet.redis.command('FLUSHALL');
    const late = await fleet.join({ INSTANCE_ID: 'later' });
    expect(inWords(await late.api.check(leaving.token))).toBe('401 SESSION_ENDED');
    await late.process.stop();
  }, 30_000);
});
