import type { RedisPlace } from '../../domain/coherence/instance-registry.js';
import { FakeClock } from '@app/testing';
import { MemoryInstanceRegistry } from '../../testing/memory-instance-registry.js';
import { feedTiming } from './feed-timing.js';
import { HeartbeatObserver } from './heartbeat-observer.js';
import { RevocationBarrier } from './revocation-barrier.js';

const redis = { runId: 'run', history: 'h', epochs: ['e0', 'e1'] };
const place: RedisPlace = { runId: 'run', history: 'h', partition: 1, epoch: 'e1' };
const transaction = 50;

describe(RevocationBarrier, () => {
  let clock: FakeClock;
  let registry: MemoryInstanceRegistry;
  let barrier: RevocationBarrier;
  let looks: number;
  let beforeEachLook: () => Promise<unknown>;

  beforeEach(async () => {
    clock = new FakeClock();
    registry = new MemoryInstanceRegistry();
    looks = 0;
    beforeEachLook = async () => undefined;
    const ask = registry.unawareOf.bind(registry);
    // A hundred milliseconds pass between two looks.
    jest.spyOn(registry, 'unawareOf').mockImplementation(async (...given) => {
      looks += 1;
      if (looks > 1) clock.advance(100);
      await beforeEachLook();
      return ask(...given);
    });
    barrier = new RevocationBarrier(registry, new HeartbeatObserver(clock), clock, {
      id: 'self',
      name: 'self',
    });
    await registry.register({ id: 'self', name: 'self' });
    await registry.register({ id: 'other', name: 'other' });
  });

  const publish = (snapshot: string, shown: typeof redis | null = redis) =>
    registry.publish({ id: 'other', snapshot, redis: shown });
  const passes = (tombstone: RedisPlace | null = place): Promise<boolean> =>
    barrier.isPassed(transaction, Promise.resolve([tombstone]));

  it('is passed at once when everybody knows, tombstone or not', async () => {
    await publish('60:60:');
    expect(await barrier.isPassed(transaction, new Promise(() => undefined))).toBe(true);
    expect(looks).toBe(1);
  });

  it('is passed at once when there is nobody else', async () => {
    await registry.remove('other');
    expect([await passes(null), looks]).toEqual([true, 1]);
  });

  it('waits for an instance that is alive, whatever the tombstone says', async () => {
    const fencing = jest.spyOn(registry, 'fence');
    beforeEachLook = () => publish('40:40:');
    expect(await passes()).toBe(false);
    expect(fencing).not.toHaveBeenCalled();
  });

  it('is passed when the instance shows that it knows', async () => {
    beforeEachLook = async () => looks === 3 && publish('60:60:');
    expect(await passes(null)).toBe(true);
  });

  it('does without an instance that was silent for a second, fenced it and buried in its very cache', async () => {
    await publish('40:40:');
    expect(await passes()).toBe(true);
    // The first look begins the second, ten more end it.
    expect(looks).toBe(11);
    expect(registry.rows.get('other')?.isFenced).toBe(true);
    looks = 0;
    expect([await passes(), looks]).toEqual([true, 1]);
  });

  it.each<[string, RedisPlace | null]>([
    ['there is no tombstone', null],
    ['the tombstone is in another process', { ...place, runId: 'another' }],
    ['the tombstone is in flushed data', { ...place, epoch: null }],
    ['the tombstone is in data of after a flush', { ...place, epoch: 'new' }],
    ['the tombstone is in another partition', { ...place, partition: 0 }],
  ])('gives up after 1.2 s when the silent instance has a cache and %s', async (_, tombstone) => {
    await publish('40:40:');
    const began = clock.monotonicMs();
    expect(await passes(tombstone)).toBe(false);
    expect(clock.monotonicMs() - began).toBeGreaterThan(feedTiming.proof);
    expect(clock.monotonicMs() - began).toBeLessThanOrEqual(feedTiming.proof + 200);
  });

  it('needs no tombstone for a silent instance without a cache', async () => {
    await publish('40:40:', null);
    expect(await passes(null)).toBe(true);
  });

  it('goes on waiting when the instance has published between the look and the fence', async () => {
    await publish('40:40:');
    const fence = registry.fence.bind(registry);
    jest.spyOn(registry, 'fence').mockImplementationOnce(async (seen) => {
      await publish('60:60:');
      return fence(seen);
    });
    expect(await passes(null)).toBe(true);
    expect(registry.rows.get('other')?.isFenced).toBe(false);
  });

  it('rejects when the registry cannot be asked, which proves nothing', async () => {
    jest.spyOn(registry, 'unawareOf').mockRejectedValue(new Error('gone'));
    await expect(passes()).rejects.toThrow('gone');
  });
});
