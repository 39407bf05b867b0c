import { type SessionId, StoreUnavailableError, type TokenId, type UserId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import type { AccessTokenClaims, AccessTokens } from '@app/tokens';
import type { EntryStore, LocalSessions, RevocationFeed, SessionActivity } from '@app/sessions';
import { Metrics } from '@app/telemetry';
import { SessionEndedError } from '../domain/auth.errors.js';
import type { Standing } from '../domain/principal.js';
import { StandingReader } from '../domain/standing-reader.js';
import { SessionCacheReader } from './session-cache-reader.js';
import { SessionCheck } from './session-check.js';
import { SessionDatabaseReader } from './session-database-reader.js';

const clock = new FakeClock();
const later = (minutes: number): Date => new Date(clock.now().getTime() + minutes * 60_000);
const userId = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' as UserId;

/** Takes the text of a token for session and token id. */
const tokens = {
  verify: (text: string) => ({ kind: 'valid', claims: claimsOf(text) }),
} as unknown as AccessTokens;

function claimsOf(text: string): AccessTokenClaims {
  return {
    userId,
    sessionId: text as SessionId,
    tokenId: text as TokenId,
    issuedAt: clock.now(),
    expiresAt: later(10),
    authenticatedAt: clock.now(),
    methods: ['pwd'],
  };
}

function live(id: SessionId): Standing {
  return {
    user: {
      id: userId,
      email: 'a@b.test',
      username: null,
      fullName: null,
      role: 'user',
      gen: 0,
      disabledAt: null,
    },
    session: {
      id,
      profile: 'standard',
      scope: 'full',
      agent: null,
      gen: 0,
      createdAt: clock.now(),
      authenticatedAt: clock.now(),
      idleExpiresAt: later(30),
      expiresAt: later(60),
      ended: null,
    },
    revokedTokens: [],
  };
}

/** Looks at the truth when it is asked, and answers when the test lets it. */
class HeldReader extends StandingReader {
  readonly pending: (() => void)[] = [];
  reads = 0;
  isEnded = false;

  read(id: SessionId): Promise<Standing | null> {
    this.reads += 1;
    const standing = live(id);
    const seen = this.isEnded
      ? {
          ...standing,
          session: { ...standing.session, ended: { at: clock.now(), reason: 'signout' as const } },
        }
      : standing;
    return new Promise((resolve) => this.pending.push(() => resolve(seen)));
  }
}

/** An instance that knows of no revocation and has no cache, so that each check is decided by the reader. */
function checkBy(reader: StandingReader): SessionCheck {
  const entries = { isConfigured: false, isUsable: false } as EntryStore;
  const local = { find: () => null, keep: () => undefined } as unknown as LocalSessions;
  const map = { database: 'db', endOf: () => null, objectionTo: () => null, noteSessionEnd: () => undefined };
  const feed = { map, position: 1, isFresh: true, ageMs: 0 } as unknown as RevocationFeed;
  const activity = { upToDate: (row: unknown) => row, isUrgent: () => false } as unknown as SessionActivity;
  const cache = new SessionCacheReader(feed, entries, local, activity, clock);
  const database = new SessionDatabaseReader(reader, feed, entries, local, activity, clock);
  return new SessionCheck(tokens, entries, cache, database, new Metrics(), 'database');
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe(SessionCheck.name, () => {
  it('P1 refuses a request that starts after the end was answered, although an older read still says live', async () => {
    const reader = new HeldReader();
    const check = checkBy(reader);
    const before = check.authenticate('s1');
    await settle();
    reader.isEnded = true;
    const after = check.authenticate('s1');
    await settle();
    reader.pending[0]!();
    await settle();
    reader.pending[1]!();

    await expect(before).resolves.toMatchObject({ principal: { session: { id: 's1' } } });
    await expect(after).rejects.toThrow(SessionEndedError);
  });

  it('P3 reads twice at most for any number of requests of one token at once', async () => {
    const reader = new HeldReader();
    const check = checkBy(reader);
    const requests = Array.from({ length: 100 }, () => check.authenticate('s1'));
    await settle();
    reader.pending[0]!();
    await settle();
    reader.pending[1]!();

    expect(new Set((await Promise.all(requests)).map(({ principal }) => principal.session.id)).size).toBe(1);
    expect(reader.reads).toBe(2);
  });

  it('never answers one token with what was read for another', async () => {
    const reader = new HeldReader();
    const check = checkBy(reader);
    const requests = ['s1', 's2', 's3'].map((text) => check.authenticate(text));
    await settle();
    for (const answer of reader.pending.toReversed()) answer();

    expect((await Promise.all(requests)).map(({ principal }) => principal.session.id)).toEqual([
      's1',
      's2',
      's3',
    ]);
  });

  it('P2 says that it could not check when the store cannot answer, and never that the session is over', async () => {
    class Unreachable extends StandingReader {
      read(): Promise<Standing | null> {
        return Promise.reject(new StoreUnavailableError('postgres'));
      }
    }
    const check = checkBy(new Unreachable());

    await expect(check.authenticate('s1')).rejects.toThrow(StoreUnavailableError);
    await expect(check.authenticate('s1')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
