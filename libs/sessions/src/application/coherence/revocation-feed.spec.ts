import type { LoggedEvent } from '@app/event-log';
import type { SessionId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import { RecordedRepair, ScriptedCache, ScriptedLog, silentLog } from '../../testing/feed-parts.js';
import { MemoryInstanceRegistry } from '../../testing/memory-instance-registry.js';
import { feedTiming } from './feed-timing.js';
import { HeartbeatObserver } from './heartbeat-observer.js';
import { RevocationFeed } from './revocation-feed.js';

const self = { id: 'self', name: 'slot' };
const laptop = 'laptop' as SessionId;

const ended: LoggedEvent = {
  xid: 105,
  type: 'session.ended',
  userId: 'ann',
  sessionId: laptop,
  tokenId: null,
  gen: null,
  reason: 'signout',
  at: new Date('2026-01-01T00:00:00Z'),
};

describe(RevocationFeed, () => {
  let clock: FakeClock;
  let source: ScriptedLog;
  let registry: MemoryInstanceRegistry;
  let cache: ScriptedCache;
  let repair: RecordedRepair;
  let feed: RevocationFeed;

  beforeEach(async () => {
    clock = new FakeClock();
    source = new ScriptedLog();
    registry = new MemoryInstanceRegistry();
    cache = new ScriptedCache();
    repair = new RecordedRepair();
    const observer = new HeartbeatObserver(clock);
    feed = new RevocationFeed(source, registry, cache.asStore(), observer, repair, clock, silentLog, self);
    await feed.begin();
  });

  const failPublication = (): jest.SpyInstance =>
    jest.spyOn(registry, 'publish').mockRejectedValueOnce(new Error('no answer'));

  describe('is fresh', () => {
    it('not before its first round', () => {
      expect([feed.isFresh, feed.ageMs]).toEqual([false, Infinity]);
    });

    it('for a second from when the round began, not from when it ended', async () => {
      source.during = () => clock.advance(400);
      await feed.round();
      expect(feed.ageMs).toBe(400);
      clock.advance(600);
      expect(feed.isFresh).toBe(true);
      clock.advance(1);
      expect(feed.isFresh).toBe(false);
    });

    it('only if the round was published too', async () => {
      failPublication();
      expect(await feed.round()).toBe(false);
      expect(feed.isFresh).toBe(false);
      // What was polled counts all the same: knowledge of revocations needs no proof.
      source.events = [ended];
      failPublication();
      await feed.round();
      expect(feed.map.endOf(laptop)).not.toBeNull();
    });

    it('not longer because the wall clock was put back', async () => {
      await feed.round();
      clock.set(new Date('2020-01-01T00:00:00Z'));
      clock.advance(1_001);
      expect(feed.isFresh).toBe(false);
    });

    it('as it was while rounds fail, without rejecting', async () => {
      await feed.round();
      source.failure = new Error('gone');
      clock.advance(500);
      expect([await feed.round(), feed.ageMs]).toEqual([false, 500]);
      source.failure = null;
      await feed.round();
      expect(feed.ageMs).toBe(0);
    });
  });

  it('applies before it publishes', async () => {
    source.events = [ended];
    const known: boolean[] = [];
    const publish = registry.publish.bind(registry);
    jest.spyOn(registry, 'publish').mockImplementation((of) => {
      known.push(feed.map.endOf(laptop) !== null);
      return publish(of);
    });
    await feed.round();
    expect(known).toEqual([true]);
  });

  it('continues where the last poll ended, and where it began when that one failed', async () => {
    await feed.round();
    source.failure = new Error('gone');
    await feed.round();
    source.failure = null;
    await feed.round();
    expect(source.asked).toEqual([100, 110, 110]);
    expect(feed.position).toBe(120);
  });

  it('covers what was read from its first position on', async () => {
    await feed.round();
    expect([feed.map.covers(99, 'here/1'), feed.map.covers(100, 'here/1')]).toEqual([false, true]);
  });

  describe('after it was fenced', () => {
    beforeEach(async () => {
      await feed.round();
      clock.advance(2_000);
      await registry.fence({ ...self, beat: registry.rows.get('self')!.beat });
    });

    it('registers anew, polls again and only then is fresh', async () => {
      expect(await feed.round()).toBe(true);
      expect([feed.isFresh, registry.rows.get('self')?.snapshot]).toEqual([false, null]);
      expect(await feed.round()).toBe(false);
      expect([feed.isFresh, registry.rows.get('self')?.snapshot]).toEqual([true, '130:130:']);
    });

    /** Else others would think that it cannot serve anybody, while it still can. */
    it('is never shown without the cache that it may serve from', async () => {
      await feed.round();
      expect(feed.verifiedRedis).toMatchObject({ runId: 'run-1' });
      expect(registry.rows.get('self')?.redis).toEqual(feed.verifiedRedis);
    });
  });

  describe('verifies the cache', () => {
    it('at the first round and then only on suspicion', async () => {
      for (let round = 0; round < 5; round += 1) await feed.round();
      expect(cache.verifications).toBe(1);
      cache.suspicion += 1;
      await feed.round();
      expect(cache.verifications).toBe(2);
    });

    it('and believes only what it has shown', async () => {
      expect(feed.verifiedRedis).toBeNull();
      await feed.round();
      expect(feed.verifiedRedis).toEqual({ runId: 'run-1', history: 'h', epochs: ['e'] });
      expect(registry.rows.get('self')?.redis).toEqual(feed.verifiedRedis);
    });

    it('and serves from neither when it cannot tell which one others have seen', async () => {
      await feed.round();
      cache.identity = { runId: 'run-2', history: 'h', epochs: ['e'] };
      cache.suspicion += 1;
      failPublication();
      await feed.round();
      expect(feed.verifiedRedis).toBeNull();
      await feed.round();
      expect(feed.verifiedRedis).toMatchObject({ runId: 'run-2' });
      expect(registry.rows.get('self')?.redis).toMatchObject({ runId: 'run-2' });
    });

    it('and stays with the data it knows while there is no answer', async () => {
      await feed.round();
      const known = feed.verifiedRedis;
      cache.isUsable = false;
      cache.suspicion += 1;
      await feed.round();
      expect([feed.verifiedRedis, feed.isFresh]).toEqual([known, true]);
      cache.isUsable = true;
      cache.identity = { runId: 'run-2', history: 'h', epochs: ['e'] };
      await feed.round();
      expect(feed.verifiedRedis).toMatchObject({ runId: 'run-2' });
    });

    it('again when suspicion arose meanwhile', async () => {
      const verify = cache.verify.bind(cache);
      jest.spyOn(cache, 'verify').mockImplementationOnce(async () => {
        cache.suspicion += 1;
        return verify();
      });
      await feed.round();
      await feed.round();
      expect(cache.verifications).toBe(2);
    });
  });

  describe('when another database answers', () => {
    beforeEach(async () => {
      source.events = [ended];
      await feed.round();
      source.database = 'here/2';
      source.position = 5_000;
    });

    it('is not fresh, writes back what it remembers and starts over', async () => {
      expect(await feed.round()).toBe(true);
      expect(feed.isFresh).toBe(false);
      expect(repair.asserted).toEqual([
        { sessions: [{ id: laptop, end: { at: ended.at, reason: 'signout' } }], generations: [], tokens: [] },
      ]);
      expect([feed.map.covers(9_999, 'here/1'), feed.map.covers(9_999, 'here/2')]).toEqual([false, true]);
      expect(feed.map.endOf(laptop)).not.toBeNull();
      await feed.round();
      expect(feed.isFresh).toBe(true);
    });

    it('tries until what it remembers is written back', async () => {
      repair.failure = new Error('read-only');
      expect(await feed.round()).toBe(false);
      expect([feed.isFresh, feed.map.database]).toEqual([false, 'here/1']);
      repair.failure = null;
      await feed.round();
      await feed.round();
      expect([feed.isFresh, feed.map.database, repair.asserted.length]).toEqual([true, 'here/2', 1]);
    });
  });

  describe('removes from the registry', () => {
    beforeEach(() => registry.register({ id: 'other', name: 'other' }));

    /** Lets time pass in steps, because the observer counts from its first sighting. */
    async function pass(ms: number): Promise<void> {
      await feed.round();
      clock.advance(ms);
      await feed.round();
    }

    it('an instance that was silent for 61 minutes, because it can serve nobody any more', async () => {
      await pass(feedTiming.reaping);
      expect(registry.rows.has('other')).toBe(true);
      clock.advance(1);
      await feed.round();
      expect(registry.rows.has('other')).toBe(false);
      expect(feedTiming.reaping).toBeGreaterThanOrEqual(feedTiming.cacheOnly + 60_000);
    });

    it('no instance that has shown a beat meanwhile', async () => {
      await pass(feedTiming.reaping - 1);
      await registry.publish({ id: 'other', snapshot: '1:1:', redis: null });
      await pass(feedTiming.reaping - 1);
      expect(registry.rows.has('other')).toBe(true);
    });

    it('an older run under its own name after a second of silence, and never itself', async () => {
      await registry.register({ id: 'old', name: self.name });
      await pass(feedTiming.lease);
      expect(registry.rows.has('old')).toBe(true);
      clock.advance(1);
      await feed.round();
      expect([...registry.rows.keys()]).toEqual(['self', 'other']);
    });

    it('itself when it ends', async () => {
      await feed.end();
      expect(registry.rows.has('self')).toBe(false);
    });
  });

  it('forgets after four hours, which is longer than an entry lives', async () => {
    source.events = [ended];
    await feed.round();
    clock.advance(feedTiming.memory);
    await feed.round();
    expect(feed.map.endOf(laptop)).not.toBeNull();
    clock.advance(feedTiming.pruning + 1);
    await feed.round();
    expect(feed.map.endOf(laptop)).toBeNull();
    expect([feed.map.covers(105, 'here/1'), feed.map.covers(106, 'here/1')]).toEqual([false, true]);
  });
});
