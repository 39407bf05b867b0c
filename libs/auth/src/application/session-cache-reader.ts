import { Clock } from '@app/kernel';
import {
  type CachedSession,
  EntryStore,
  feedTiming,
  hasTimedOut,
  isSameData,
  LocalSessions,
  type Lookup,
  type Objection,
  RevocationFeed,
  SessionActivity,
  type SessionEnd,
} from '@app/sessions';
import type { AccessTokenClaims } from '@app/tokens';
import { Injectable } from '@nestjs/common';
import { toPrincipal } from '../domain/cached-principal.js';
import type { Verdict } from '../domain/principal.js';

/**
 * What cached sessions may be used for. Each method that gives a verdict runs in one synchronous block after the
 * last await: a revocation that became known while a store was being asked is seen.
 */
@Injectable()
export class SessionCacheReader {
  constructor(
    private readonly feed: RevocationFeed,
    private readonly entries: EntryStore,
    private readonly local: LocalSessions,
    private readonly activity: SessionActivity,
    private readonly clock: Clock,
  ) {}

  /** A verdict without asking anybody, or null. */
  fromMemory(claims: AccessTokenClaims): Verdict | null {
    const end = this.feed.map.endOf(claims.sessionId);
    if (end) return { kind: 'ended', end };
    const entry = this.local.find(claims.sessionId);
    return entry && entry.userId === claims.userId ? this.judge(entry, claims) : null;
  }

  /** One round trip; null while Redis is away. */
  lookUp(claims: AccessTokenClaims): Promise<Lookup | null> | null {
    return this.entries.isUsable ? this.entries.lookup(claims).catch(nobody) : null;
  }

  /** The same for `withoutPostgres`, which must know whose data it is. */
  lookUpWithHistory(claims: AccessTokenClaims): Promise<Lookup | null> | null {
    return this.entries.isUsable ? this.entries.lookupWithHistory(claims).catch(nobody) : null;
  }

  /** Tombstones always count, an entry only under a fresh feed that covers it. Null: ask Postgres. */
  fromLookup(lookup: Lookup, claims: AccessTokenClaims): Verdict | null {
    const refused = this.refusalBy(lookup, claims);
    if (refused) return refused;
    if (!lookup.entry) return null;
    const verdict = this.judge(lookup.entry, claims);
    if (verdict?.kind === 'live') this.local.keep(lookup.entry);
    return verdict;
  }

  /**
   * Postgres cannot be asked. The entry counts on the very data that was last verified under a fresh feed, and for
   * an hour: within it every acknowledged revocation has either reached this map or left its tombstone here.
   * Null: nobody can vouch.
   */
  withoutPostgres(lookup: Lookup | null, claims: AccessTokenClaims): Verdict | null {
    const refused = lookup && this.refusalBy(lookup, claims);
    if (refused) return refused;
    const entry = lookup?.entry;
    if (!entry || this.feed.ageMs > feedTiming.cacheOnly) return null;
    if (!isSameData(this.feed.verifiedRedis, lookup.place)) return null;
    const objection = this.feed.map.objectionTo(entry, claims.tokenId);
    // What has changed cannot be read again now, and an old role must not be served.
    if (objection) return objection.kind === 'user-changed' ? null : verdictOf(objection);
    const known = this.activity.upToDate({ ...entry, id: entry.sessionId });
    return hasTimedOut(known, this.clock.now()) ? null : live(entry, claims);
  }

  /**
   * By a tombstone. What it says is remembered: Redis may come back from an old file within the lease of the feed, and what
   * this instance has once called over stays over.
   */
  private refusalBy(lookup: Lookup, { sessionId, userId, tokenId }: AccessTokenClaims): Verdict | null {
    const { map } = this.feed;
    const now = this.clock.monotonicMs();
    const end = endBy(lookup);
    if (end) {
      map.noteSessionEnd(sessionId, end, now);
      return { kind: 'ended', end };
    }
    if (!lookup.tokenRevoked) return null;
    map.noteToken({ id: tokenId, sessionId, userId }, now);
    return { kind: 'token-revoked' };
  }

  private judge(entry: CachedSession, claims: AccessTokenClaims): Verdict | null {
    const objection = this.feed.map.objectionTo(entry, claims.tokenId);
    if (objection?.kind === 'session-ended' || objection?.kind === 'token-revoked')
      return verdictOf(objection);
    // By the entry alone: use may have moved its idle end since.
    const isTrusted = this.feed.isFresh && this.feed.map.covers(entry.position, entry.database);
    if (objection || !isTrusted || hasTimedOut(entry, this.clock.now())) return null;
    // Its use must be written down before others find it idle.
    if (this.activity.isUrgent(entry.idleExpiresAt, entry.expiresAt)) return null;
    return live(entry, claims);
  }
}

/** Redis is away, or no primary any more. */
const nobody = (): null => null;

function endBy({ ended, generation, entry }: Lookup): SessionEnd | null {
  if (ended) return ended;
  return generation && entry && entry.gen < generation.minimum ? generation.end : null;
}

export function verdictOf(objection: Exclude<Objection, { kind: 'user-changed' }>): Verdict {
  switch (objection.kind) {
    case 'session-ended':
      return { kind: 'ended', end: objection.end };
    case 'generation-over':
      return { kind: 'ended', end: null };
    case 'token-revoked':
      return { kind: 'token-revoked' };
  }
}

/** An entry is asked for with the same token again and again: what was made of the two serves until one changes. */
const lastVerdicts = new WeakMap<CachedSession, Extract<Verdict, { kind: 'live' }>>();

function live(entry: CachedSession, claims: AccessTokenClaims): Verdict {
  if (entry.revokedTokens.includes(claims.tokenId)) return { kind: 'token-revoked' };
  const last = lastVerdicts.get(entry);
  if (last?.principal.tokenId === claims.tokenId) return last;
  const verdict = { kind: 'live', principal: toPrincipal(entry, claims) } as const;
  lastVerdicts.set(entry, verdict);
  return verdict;
}
