import type { TokenId, UserId } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { FakeClock } from '@app/testing';
import type { Burial, EntryStore } from '../../domain/coherence/entry-store.js';
import type { RedisPlace } from '../../domain/coherence/instance-registry.js';
import { RevokedMap } from '../../domain/coherence/revoked-map.js';
import { aSessionId, aUserId } from '../../testing/builders.js';
import { silentLog } from '../../testing/feed-parts.js';
import type { RevocationBarrier } from './revocation-barrier.js';
import { RevocationBroadcast } from './revocation-broadcast.js';
import type { RevocationFeed } from './revocation-feed.js';

const end = { at: new Date('2026-01-01T00:00:00Z'), reason: 'signout' } as const;
const place: RedisPlace = { runId: 'run', history: 'h', partition: 1, epoch: 'e' };

function aBurial(userId: UserId = aUserId()): Burial {
  return { userId, sessions: [{ id: aSessionId(), end }], generation: null, tokens: [] };
}

describe(RevocationBroadcast, () => {
  let map: RevokedMap;
  let store: { isConfigured: boolean; isUsable: boolean; bury: jest.Mock };
  let isPassed: jest.Mock;
  let broadcast: RevocationBroadcast;

  beforeEach(() => {
    map = new RevokedMap();
    store = { isConfigured: true, isUsable: true, bury: jest.fn(async () => place) };
    isPassed = jest.fn(
      async (_: number, tombstones: Promise<unknown[]>) => !(await tombstones).includes(null),
    );
    broadcast = new RevocationBroadcast(
      { map } as RevocationFeed,
      store as unknown as EntryStore,
      { isPassed } as unknown as RevocationBarrier,
      new FakeClock(),
      silentLog,
      new Metrics(),
    );
  });

  const settle = (burial: Burial) => broadcast.settle({ transaction: 7, burial });

  it('is enforced here before anything is awaited', () => {
    const burial = {
      ...aBurial(),
      generation: { minimum: 3, end },
      tokens: [{ id: 'token' as TokenId, sessionId: aSessionId(), expiresAt: end.at }],
    };
    store.bury.mockReturnValue(new Promise(() => undefined));
    void settle(burial);
    const { userId, sessions } = burial;
    expect(map.endOf(sessions[0]!.id)).toEqual(end);
    const reading = { userId, sessionId: aSessionId(), gen: 2, position: 1 };
    expect(map.objectionTo(reading, 'any' as TokenId)).toEqual({ kind: 'generation-over' });
    expect(map.objectionTo({ ...reading, gen: 3 }, 'token' as TokenId)).toEqual({ kind: 'token-revoked' });
  });

  it('is complete when the barrier is passed, which is asked about the transaction and the tombstone', async () => {
    expect(await settle(aBurial())).toBe('complete');
    expect(isPassed).toHaveBeenCalledWith(7, expect.any(Promise));
    expect(await isPassed.mock.calls[0]?.[1]).toEqual([place]);
  });

  it('does not make the barrier wait for the tombstone', async () => {
    store.bury.mockReturnValue(new Promise(() => undefined));
    isPassed.mockResolvedValue(true);
    expect(await settle(aBurial())).toBe('complete');
  });

  it.each([
    ['the barrier gives up', () => isPassed.mockResolvedValue(false)],
    ['the barrier cannot ask', () => isPassed.mockRejectedValue(new Error('gone'))],
  ])('is pending when %s', async (_, arrange) => {
    arrange();
    expect(await settle(aBurial())).toBe('pending');
  });

  it('has no tombstone without a cache, and does not ask it', async () => {
    store.isConfigured = false;
    await settle(aBurial());
    expect(store.bury).not.toHaveBeenCalled();
    expect(await isPassed.mock.calls[0]?.[1]).toEqual([null]);
  });

  it('buries later what it could not bury, in order and once', async () => {
    const [one, two, three] = [aBurial(), aBurial(), aBurial()];
    store.bury.mockRejectedValueOnce(new Error('away'));
    await settle(one);
    store.isUsable = false;
    await settle(two);
    await broadcast.catchUp();
    expect(store.bury).toHaveBeenCalledTimes(1);
    store.isUsable = true;
    // The second one fails again and stays.
    store.bury.mockResolvedValueOnce(place).mockRejectedValueOnce(new Error('away'));
    await broadcast.catchUp();
    await broadcast.catchUp();
    await broadcast.catchUp();
    expect(store.bury.mock.calls.map(([burial]) => burial)).toEqual([one, one, two, two]);
    await settle(three);
    expect(store.bury).toHaveBeenLastCalledWith(three);
  });

  it('keeps no more than 10,000 of them', async () => {
    store.isUsable = false;
    for (let index = 0; index < 10_050; index += 1) await broadcast.announce(aBurial());
    store.isUsable = true;
    await broadcast.catchUp();
    expect(store.bury).toHaveBeenCalledTimes(10_000);
  });
});
