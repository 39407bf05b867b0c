import { eventually } from '@app/testing';
import { type Device, inWords, type Pair, pairOf, proofOf } from './support/client.js';
import { Fleet } from './support/fleet.js';

const newPassword = 'some other words that make a phrase';

describe.each([
  ['with Redis', {}],
  ['with memory of its own in each process', { env: { SESSION_LOCAL_CACHE_MS: '60000' } }],
  ['without Redis', { redis: null }],
])('three instances %s', (_, options) => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ size: 3, ...options });
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  const at = (index: number) => fleet.members[index % 3]!.api;
  const everywhere = (answer: string) => fleet.members.map(() => answer);
  const eventsOf = async (device: Device, type: string): Promise<number> =>
    (await fleet.sql('select 1 from event_log where session_id = $1 and type = $2', [device.sessionId, type]))
      .length;

  /** At most a poll after the answer, where an instance may answer from its own memory. */
  const become = (pair: Pick<Pair, 'token'>, answer: string) =>
    eventually(async () => (await fleet.answers(pair)).every((one) => one === answer), {
      timeoutMs: 2_000,
      describe: `all answer ${answer}`,
    });

  it('give fifty parallel refreshes of one token the same child, and call nobody a thief', async () => {
    const device = await fleet.warmDevice();
    const replies = await Promise.all(
      Array.from({ length: 50 }, (_each, index) => at(index).refresh(device.refreshToken)),
    );
    expect(new Set(replies.map(inWords))).toEqual(new Set(['200']));
    const pairs = replies.map(pairOf);
    expect(new Set(pairs.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    expect(
      await fleet.sql('select refresh_generation as generation from sessions where id = $1', [
        device.sessionId,
      ]),
    ).toEqual([{ generation: 1 }]);
    expect([
      await eventsOf(device, 'session.refresh_reused'),
      await eventsOf(device, 'token.revoked'),
    ]).toEqual([0, 1]);
    for (const pair of pairs.slice(0, 5)) expect(await fleet.answers(pair)).toEqual(everywhere('200'));
    pairOf(await at(1).refresh(pairs[0]!.refreshToken));
  }, 30_000);

  it('refuse the old access token once the new one is there', async () => {
    const device = await fleet.warmDevice();
    const next = pairOf(await at(1).refresh(device.refreshToken));
    if ('env' in options) await become(device, '401 TOKEN_REVOKED');
    expect(await fleet.answers(device)).toEqual(everywhere('401 TOKEN_REVOKED'));
    expect(await fleet.answers(next)).toEqual(everywhere('200'));
  }, 30_000);

  it('all end the family of a token that is used again after its child, with one event', async () => {
    const device = await fleet.warmDevice();
    const child = pairOf(await at(0).refresh(device.refreshToken));
    const grandchild = pairOf(await at(1).refresh(child.refreshToken));
    expect(await fleet.answers(grandchild)).toEqual(everywhere('200'));
    const replays = await Promise.all(
      Array.from({ length: 12 }, (_each, index) => at(index).refresh(device.refreshToken)),
    );
    expect(replays.map(inWords).filter((answer) => answer === '401 REFRESH_REUSED')).toHaveLength(1);
    expect(new Set(replays.map(({ body }) => body.end_reason))).toEqual(new Set(['refresh_reuse']));
    for (const { token, refreshToken } of [device, child, grandchild]) {
      expect(await fleet.answers({ token })).toEqual(everywhere('401 SESSION_ENDED'));
      for (const index of [0, 1, 2])
        expect(inWords(await at(index).refresh(refreshToken))).toBe('401 SESSION_ENDED');
    }
    expect([
      await eventsOf(device, 'session.refresh_reused'),
      await eventsOf(device, 'session.ended'),
    ]).toEqual([1, 1]);
  }, 30_000);

  it.each(['signout', 'logout-all', 'password'] as const)(
    'leave nothing usable when refreshes and %s meet, whichever comes first',
    async (end) => {
      for (let turn = 0; turn < 6; turn += 1) {
        const device = await fleet.warmDevice();
        const acts = {
          signout: () => at(0).signOut(device),
          'logout-all': () => at(0).signOutEverywhere(device),
          password: () => at(0).changePassword(device, newPassword),
        };
        const refreshes = [1, 2, 1, 2].map((index) => at(index).refresh(device.refreshToken));
        const ended = await acts[end]();
        const replies = await Promise.all(refreshes);
        // Somebody who is signed out by a token that was refreshed meanwhile is told so, and may try again.
        if (inWords(ended) === '401 TOKEN_REVOKED') continue;
        expect(proofOf(ended)).toBe('200 complete');
        const pairs = replies.flatMap((reply) => (reply.status === 200 ? [pairOf(reply)] : []));
        for (const { token, refreshToken } of [device, ...pairs]) {
          for (const answer of await fleet.answers({ token })) expect(answer).toMatch(/^401 /);
          expect((await at(turn).refresh(refreshToken)).status).toBe(401);
        }
      }
    },
    30_000,
  );
});

describe('while Redis is away', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ size: 2 });
  }, 60_000);
  afterEach(async () => {
    await fleet.heal();
    await fleet.redis.restart();
  });
  afterAll(() => fleet.stop());

  it.each([
    ['dead', () => fleet.redis.kill9()],
    ['frozen', () => fleet.redis.freeze()],
    ['silent', () => Promise.all(fleet.members.map(({ toRedis }) => toRedis!.set({ kind: 'hold' })))],
  ])(
    '(%s) refreshes work, and the old access token is refused within a poll',
    async (_, begin) => {
      const device = await fleet.warmDevice();
      await begin();
      const next = pairOf(await fleet.first.api.refresh(device.refreshToken));
      const again = pairOf(await fleet.second.api.refresh(device.refreshToken));
      expect(again.refreshToken).toBe(next.refreshToken);
      const last = pairOf(await fleet.second.api.refresh(next.refreshToken));
      for (const token of [device.token, next.token]) {
        await eventually(
          async () => (await fleet.answers({ token })).every((answer) => answer === '401 TOKEN_REVOKED'),
          { timeoutMs: 2_000, describe: 'the old token is refused' },
        );
      }
      for (const answer of await fleet.answers(last)) expect(answer).toMatch(/^200/);
      expect(inWords(await fleet.first.api.refresh(device.refreshToken))).toBe('401 REFRESH_REUSED');
      expect((await fleet.second.api.refresh(last.refreshToken)).status).toBe(401);
    },
    30_000,
  );
});
