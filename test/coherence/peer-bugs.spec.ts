import { RedisProcess } from '@app/testing';
import { type Device, inWords, proofOf } from './support/client.js';
import { entryKey, Fleet, pause } from './support/fleet.js';
import { allEnded, allFine } from './support/story.js';

describe('what has hurt users of others', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start();
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  const listed = async (device: Device): Promise<string[]> =>
    (await fleet.first.api.list(device)).body.data!.sessions.map(({ id }) => id).toSorted();

  /**
   * @see https://github.com/better-auth/better-auth/issues/11073
   * @see https://github.com/better-auth/better-auth/issues/11022
   * @see https://github.com/payloadcms/payload/issues/18132
   */
  it('twenty parallel sign-ins are all listed, and ending the others leaves exactly one', async () => {
    const keeper = await fleet.first.api.signUp();
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, index) => fleet.members[index % 2]!.api.signIn(keeper)),
    );
    expect(await listed(keeper)).toEqual([keeper, ...others].map(({ sessionId }) => sessionId).toSorted());
    for (const device of others) await fleet.second.api.check(device.token);
    const ended = await fleet.first.api.endOthers(keeper);
    expect([proofOf(ended), ended.body.data?.terminated]).toEqual(['200 complete', 20]);
    for (const device of others) expect(await fleet.answers(device)).toEqual(allEnded(fleet));
    expect(await fleet.answers(keeper)).toEqual(allFine(fleet));
  }, 40_000);

  /** @see https://github.com/better-auth/better-auth/issues/11073 */
  it('ending all sessions finds them without any index in Redis', async () => {
    const device = await fleet.warmDevice();
    const other = await fleet.second.api.signIn(device);
    await fleet.warm(other);
    await fleet.redis.command('FLUSHALL');
    expect(proofOf(await fleet.first.api.signOutEverywhere(device))).toBe('200 complete');
    for (const each of [device, other]) expect(await fleet.answers(each)).toEqual(allEnded(fleet));
  });

  /** @see https://github.com/better-auth/better-auth/pull/11335 */
  it('a sign-in beside an ending of all is ended or listed, never alive and unknown', async () => {
    for (let round = 0; round < 4; round += 1) {
      const keeper = await fleet.first.api.signUp();
      const [ended, entered] = await Promise.all([
        fleet.first.api.endOthers(keeper),
        fleet.second.api.signIn(keeper),
      ]);
      expect(proofOf(ended)).toBe('200 complete');
      const answers = await fleet.answers(entered);
      const isListed = (await listed(keeper)).includes(entered.sessionId);
      expect(answers).toEqual(isListed ? allFine(fleet) : allEnded(fleet));
    }
  }, 30_000);

  /**
   * @see https://github.com/keycloak/keycloak/issues/51127
   * @see https://github.com/better-auth/better-auth/pull/11230
   * @see https://github.com/tj/connect-redis/issues/328
   * @see https://github.com/expressjs/session/issues/632
   * @see https://github.com/auth0/nextjs-auth0/pull/2530
   */
  it('eight loops of requests on a cold cache beside the sign-out revive nothing', async () => {
    for (let round = 0; round < 15; round += 1) {
      const device = await fleet.first.api.signUp();
      let end = Infinity;
      const late: string[] = [];
      const loops = Array.from({ length: 8 }, async (_, index) => {
        for (;;) {
          const reply = await fleet.members[index % 2]!.api.check(device.token);
          if (reply.started > end) late.push(inWords(reply));
          if (reply.started > end + 60) return;
        }
      });
      await pause(round * 2);
      await fleet.redis.command('DEL', entryKey(device));
      const signOut = await fleet.members[round % 2]!.api.signOut(device);
      end = signOut.ended;
      await Promise.all(loops);
      expect(proofOf(signOut)).toBe('200 complete');
      expect(new Set(late)).toEqual(new Set(['401 SESSION_ENDED']));
      expect(await fleet.redis.command('EXISTS', entryKey(device))).toBe(0);
    }
  }, 60_000);

  /** @see https://github.com/ory/kratos/issues/2921 */
  it('ending one of five sessions ends that one', async () => {
    const keeper = await fleet.first.api.signUp();
    const living: Device[] = [];
    for (let index = 0; index < 5; index += 1) living.push(await fleet.first.api.signIn(keeper));
    while (living.length > 0) {
      const [doomed] = living.splice(Math.floor(living.length / 2), 1);
      expect(proofOf(await fleet.second.api.end(doomed!.sessionId, keeper))).toBe('200 complete');
      expect(await fleet.answers(doomed!)).toEqual(allEnded(fleet));
      for (const device of [keeper, ...living]) expect(await fleet.answers(device)).toEqual(allFine(fleet));
    }
  }, 30_000);

  /** @see https://github.com/better-auth/better-auth/issues/6940 */
  it('nobody ends the session of somebody else', async () => {
    const [ann, bob] = [await fleet.warmDevice(), await fleet.warmDevice()];
    expect(inWords(await fleet.first.api.end(bob.sessionId, ann))).toBe('404 NOT_FOUND');
    expect(await fleet.answers(bob)).toEqual(allFine(fleet));
  });

  /** @see https://github.com/better-auth/better-auth/issues/3819 */
  it('what is listed, what is stored and what is cached agree after each step', async () => {
    const device = await fleet.warmDevice();
    const other = await fleet.first.api.signIn(device);
    await fleet.warm(other);
    const stored = async (): Promise<string[]> =>
      (
        await fleet.sql<{ id: string }>('select id from sessions where user_id = $1 and ended_at is null', [
          device.userId,
        ])
      )
        .map(({ id }) => id)
        .toSorted();
    expect(await listed(device)).toEqual(await stored());
    expect(await fleet.redis.command('EXISTS', entryKey(device), entryKey(other))).toBe(2);
    await fleet.second.api.signOut(other);
    expect(await listed(device)).toEqual([device.sessionId]);
    expect(await stored()).toEqual([device.sessionId]);
    expect(await fleet.redis.command('EXISTS', entryKey(device), entryKey(other))).toBe(1);
  });

  /** @see https://github.com/spring-projects/spring-session/issues/2786 */
  it('a session at its very end is answered 200 or 401, never anything else', async () => {
    const device = await fleet.first.api.signUp();
    const [row] = await fleet.sql<{ at: Date }>(
      `update sessions set idle_expires_at = now() + interval '900 ms', expires_at = now() + interval '900 ms'
       where id = $1 returning expires_at as at`,
      [device.sessionId],
    );
    const seen: string[] = [];
    while (Date.now() < row!.at.getTime() + 200) seen.push(...(await fleet.answers(device)));
    expect(new Set(seen)).toEqual(new Set(['200', '401 SESSION_EXPIRED']));
    expect(await fleet.answers(device)).toEqual(['401 SESSION_EXPIRED', '401 SESSION_EXPIRED']);
  }, 30_000);

  /**
   * @see https://github.com/keycloak/keycloak/issues/29592
   * @see https://aphyr.com/posts/283-jepsen-redis
   */
  it('an instance on the other side of a split Redis accepts nothing that was revoked', async () => {
    const [leaving, staying] = [await fleet.warmDevice(), await fleet.warmDevice()];
    const copy = await RedisProcess.startReplicaOf(fleet.redis);
    await copy.command('REPLICAOF', 'NO', 'ONE');
    expect(await copy.command('EXISTS', entryKey(leaving), entryKey(staying))).toBe(2);
    fleet.second.toRedis!.retarget({ host: '127.0.0.1', port: copy.port });
    await fleet.becomesNormal();
    expect(proofOf(await fleet.first.api.signOut(leaving))).toBe('200 complete');
    expect(await copy.command('EXISTS', entryKey(leaving))).toBe(1);
    expect(await fleet.answers(leaving)).toEqual(allEnded(fleet));
    expect(await fleet.answers(staying)).toEqual(allFine(fleet));
    fleet.second.toRedis!.retarget({ host: '127.0.0.1', port: fleet.redis.port });
    await fleet.becomesNormal();
    await copy.stop();
    expect(await fleet.answers(leaving)).toEqual(allEnded(fleet));
  }, 30_000);

  it('an instance that has only a promoted copy of Redis left serves nobody from it', async () => {
    const leaving = await fleet.warmDevice();
    const copy = await RedisProcess.startReplicaOf(fleet.redis);
    await copy.command('REPLICAOF', 'NO', 'ONE');
    await fleet.second.toPostgres.set({ kind: 'hold' });
    fleet.second.toRedis!.retarget({ host: '127.0.0.1', port: copy.port });
    // On a busy machine the revoker may miss Redis for a moment too, and then it cannot prove it.
    expect(proofOf(await fleet.first.api.signOut(leaving))).toMatch(/^(?:200 complete|202 pending)$/);
    await pause(300);
    expect(inWords(await fleet.second.api.check(leaving.token))).toBe('503 STORE_UNAVAILABLE');
    await fleet.second.toPostgres.set({ kind: 'pass' });
    fleet.second.toRedis!.retarget({ host: '127.0.0.1', port: fleet.redis.port });
    await fleet.becomesNormal();
    await copy.stop();
    expect(await fleet.answers(leaving)).toEqual(allEnded(fleet));
  }, 30_000);

  /** @see https://github.com/better-auth/better-auth/issues/5144 */
  it('a revoked token is refused after every cache has forgotten it', async () => {
    const device = await fleet.warmDevice();
    expect(proofOf(await fleet.first.api.signOut(device))).toBe('200 complete');
    await fleet.redis.command('FLUSHALL');
    expect(await fleet.answers(device)).toEqual(allEnded(fleet));
  });

  /** @see https://github.com/KeeperHub/keeperhub/pull/1047 */
  it('neither store holds a token that opens anything', async () => {
    const device = await fleet.warmDevice();
    const names = (await fleet.redis.command('KEYS', '*')) as string[];
    const values = await Promise.all(names.map((name) => fleet.redis.command('GET', name)));
    const dump = JSON.stringify([
      names,
      values,
      await fleet.sql('select * from sessions'),
      await fleet.sql('select * from event_log'),
    ]);
    expect(dump).toContain(device.sessionId);
    for (const part of device.token.split('.').slice(1)) expect(dump).not.toContain(part);
  });
});
