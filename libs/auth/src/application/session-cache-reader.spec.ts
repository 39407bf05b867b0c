import type { SessionsConfig } from '@app/config';
import type { LoggedEvent, LogPoll, LogSource } from '@app/event-log';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import {
  type CachedSession,
  type EntryStore,
  feedTiming,
  LocalSessions,
  type Lookup,
  RevocationFeed,
  SessionActivity,
} from '@app/sessions';
import { createLogger, Log } from '@app/telemetry';
import { FakeClock } from '@app/testing';
import type { AccessTokenClaims } from '@app/tokens';
import { SessionCacheReader } from './session-cache-reader.js';

const database = 'here/1';
const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d01' as UserId;
const sessionId = 'a'.repeat(64) as SessionId;
const tokenId = 'token' as TokenId;
const identity = { runId: 'run', history: 'h', epochs: Array.from({ length: 256 }, () => 'epoch') };
const end = { at: new Date('2026-01-01T00:00:00Z'), reason: 'admin' } as const;

const entry: CachedSession = {
  position: 100,
  database,
  userId,
  sessionId,
  gen: 1,
  profile: 'standard',
  scope: 'full',
  agent: null,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  authenticatedAt: new Date('2026-01-01T00:00:00Z'),
  idleExpiresAt: new Date('2026-01-02T00:00:00Z'),
  expiresAt: new Date('2026-01-08T00:00:00Z'),
  readAt: new Date('2026-01-01T00:00:00Z'),
  revokedTokens: [],
  user: ['ann@example.com', null, 'Ann', 'admin'],
};
const found: Lookup = {
  entry,
  ended: null,
  generation: null,
  tokenRevoked: false,
  place: { runId: 'run', history: 'h', partition: 1, epoch: 'epoch' },
};
const claims = {
  userId,
  sessionId,
  tokenId,
  expiresAt: new Date('2026-01-01T00:10:00Z'),
} as AccessTokenClaims;

const config = {
  refreshGraceSeconds: 10,
  activityFlushSeconds: 10,
  lifetimes: { standard: { idleSeconds: 3_600, absoluteSeconds: 7_200 } },
} as SessionsConfig;

describe(SessionCacheReader, () => {
  let clock: FakeClock;
  let events: LoggedEvent[];
  let feed: RevocationFeed;
  let store: { isUsable: boolean; lookup: jest.Mock; suspicion: number; verify: () => Promise<unknown> };
  let reader: SessionCacheReader;

  beforeEach(async () => {
    clock = new FakeClock();
    events = [];
    store = {
      isUsable: true,
      lookup: jest.fn(async () => found),
      suspicion: 0,
      verify: async () => identity,
    };
    const source = {
      start: async () => 50,
      poll: async (): Promise<LogPoll> => ({
        snapshot: '',
        position: 200,
        database,
        events: events.splice(0),
      }),
    };
    feed = new RevocationFeed(
      source as unknown as LogSource,
      { register: async () => undefined, publish: async () => [] } as never,
      store as unknown as EntryStore,
      { observe: () => [] } as never,
      {} as never,
      clock,
      new Log(createLogger('silent')),
      { id: 'self', name: 'self' },
    );
    await feed.begin();
    await feed.round();
    const activity = new SessionActivity({} as never, clock, new Log(createLogger('silent')), config);
    const local = new LocalSessions(clock, { localCacheMs: 5_000 } as SessionsConfig);
    reader = new SessionCacheReader(feed, store as unknown as EntryStore, local, activity, clock);
  });

  const learn = async (event: Partial<LoggedEvent>): Promise<void> => {
    const rest = { xid: 150, userId, sessionId: null, tokenId: null, gen: null, reason: null, at: end.at };
    events.push({ ...rest, type: 'session.ended', ...event });
    await feed.round();
  };
  const lookup = (of: Partial<Lookup>): Lookup => ({ ...found, ...of });
  const older = (of: Partial<CachedSession>): Lookup => lookup({ entry: { ...entry, ...of } });
  const live = {
    kind: 'live',
    principal: { user: { id: userId, role: 'admin', email: 'ann@example.com' }, tokenId },
  };

  describe('with what Redis tells', () => {
    it('says that a covered entry under a fresh feed is live', () => {
      expect(reader.fromLookup(found, claims)).toMatchObject(live);
    });

    it.each<[string, Lookup]>([
      ['there is no entry', lookup({ entry: null })],
      ['the entry is older than what the map holds', older({ position: 49 })],
      ['the entry is from another history', older({ database: 'here/2' })],
      ['the entry has timed out by itself', older({ idleExpiresAt: new Date('2025-12-31T00:00:00Z') })],
    ])('leaves it to Postgres when %s', (_, given) => {
      expect(reader.fromLookup(given, claims)).toBeNull();
    });

    it('leaves it to Postgres when the feed is not fresh', () => {
      clock.advance(feedTiming.lease + 1);
      expect(reader.fromLookup(found, claims)).toBeNull();
    });

    it.each<[string, Partial<Lookup>, object]>([
      ['its own', { ended: end }, { kind: 'ended', end }],
      ["the user's", { generation: { minimum: 2, end } }, { kind: 'ended', end }],
      ["the token's", { tokenRevoked: true }, { kind: 'token-revoked' }],
    ])(
      'says the same when the tombstone is gone again, e.g. with an old file: %s',
      (_, tombstone, verdict) => {
        expect(reader.fromLookup(lookup(tombstone), claims)).toEqual(verdict);
        expect(reader.fromLookup(found, claims)).toEqual(verdict);
        expect(reader.withoutPostgres(found, claims)).toEqual(verdict);
      },
    );

    it('believes every tombstone, however old the entry and the feed are', () => {
      clock.advance(feedTiming.cacheOnly * 2);
      expect(reader.fromLookup(lookup({ ended: end, entry: null }), claims)).toEqual({ kind: 'ended', end });
      expect(reader.fromLookup(lookup({ tokenRevoked: true }), claims)).toEqual({ kind: 'token-revoked' });
      const generation = { minimum: 2, end };
      expect(reader.fromLookup(lookup({ generation }), claims)).toEqual({ kind: 'ended', end });
      expect(reader.fromLookup(lookup({ generation, entry: null }), claims)).toBeNull();
    });

    it('takes no notice of a generation that the session is of', async () => {
      const generation = { minimum: 1, end };
      expect(reader.fromLookup(lookup({ generation }), claims)).toMatchObject(live);
    });

    it('believes the map against any entry', async () => {
      await learn({ sessionId, reason: 'admin' });
      expect(reader.fromLookup(older({ position: 10_000 }), claims)).toEqual({ kind: 'ended', end });
    });

    it('sees a token on the blacklist, in the map as in the entry', async () => {
      expect(reader.fromLookup(older({ revokedTokens: [tokenId] }), claims)).toEqual({
        kind: 'token-revoked',
      });
      await learn({ type: 'token.revoked', tokenId });
      expect(reader.fromLookup(found, claims)).toEqual({ kind: 'token-revoked' });
    });

    it('reads again what is older than a change of the user, and an older generation', async () => {
      await learn({ type: 'user.updated', xid: 150 });
      expect(reader.fromLookup(found, claims)).toBeNull();
      expect(reader.fromLookup(older({ position: 151 }), claims)).toMatchObject(live);
      await learn({ type: 'user.sessions_revoked', gen: 2, xid: 160 });
      expect(reader.fromLookup(older({ position: 500 }), claims)).toBeNull();
    });

    it('asks Redis nothing while it is away, and takes a failure for that', async () => {
      store.isUsable = false;
      expect(await reader.lookUp(claims)).toBeNull();
      expect(store.lookup).not.toHaveBeenCalled();
      store.isUsable = true;
      store.lookup.mockRejectedValue(new Error('away'));
      expect(await reader.lookUp(claims)).toBeNull();
    });
  });

  describe('from memory', () => {
    it('knows nothing that it was not told', () => {
      expect(reader.fromMemory(claims)).toBeNull();
    });

    it('answers what was live a moment ago, under a fresh feed only', () => {
      reader.fromLookup(found, claims);
      expect(reader.fromMemory(claims)).toMatchObject(live);
      clock.advance(feedTiming.lease + 1);
      expect(reader.fromMemory(claims)).toBeNull();
    });

    it('refuses what the map knows to have ended, without any reading', async () => {
      await learn({ sessionId, reason: 'admin' });
      expect(reader.fromMemory(claims)).toEqual({ kind: 'ended', end });
    });

    it('does not answer for a token that names another user', () => {
      reader.fromLookup(found, claims);
      expect(reader.fromMemory({ ...claims, userId: 'other' as UserId })).toBeNull();
    });
  });

  describe('without Postgres', () => {
    beforeEach(() => clock.advance(feedTiming.lease + 1));

    it('serves from the very data that was last verified', () => {
      expect(reader.withoutPostgres(found, claims)).toMatchObject(live);
    });

    it.each<[string, Lookup | null]>([
      ['Redis is away too', null],
      ['there is no entry', lookup({ entry: null })],
      ['another process answered', lookup({ place: { ...found.place, runId: 'other' } })],
      ['the data were flushed', lookup({ place: { ...found.place, epoch: null } })],
      ['the data were flushed and filled again', lookup({ place: { ...found.place, epoch: 'new' } })],
      ['the entry has timed out by itself', older({ idleExpiresAt: new Date('2025-12-31T00:00:00Z') })],
    ])('cannot tell when %s', (_, given) => {
      expect(reader.withoutPostgres(given, claims)).toBeNull();
    });

    it('serves for an hour and not longer', () => {
      clock.advance(feedTiming.cacheOnly - feedTiming.lease - 1);
      expect(reader.withoutPostgres(found, claims)).toMatchObject(live);
      clock.advance(1);
      expect(reader.withoutPostgres(found, claims)).toBeNull();
    });

    it('refuses by tombstone', () => {
      expect(reader.withoutPostgres(lookup({ ended: end }), claims)).toEqual({ kind: 'ended', end });
    });

    it('refuses by the map', () => {
      feed.map.noteGeneration(userId, 2, 0);
      expect(reader.withoutPostgres(found, claims)).toEqual({ kind: 'ended', end: null });
      feed.map.noteSessionEnd(sessionId, end, 0);
      expect(reader.withoutPostgres(found, claims)).toEqual({ kind: 'ended', end });
    });

    it('does not serve an old role', async () => {
      await learn({ type: 'user.updated', xid: 150 });
      expect(reader.withoutPostgres(found, claims)).toBeNull();
    });
  });
});
