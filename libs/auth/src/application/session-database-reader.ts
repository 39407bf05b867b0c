import { Clock, SingleFlight, StoreUnavailableError, type UserId } from '@app/kernel';
import {
  type CachedSession,
  endOf,
  EntryStore,
  LocalSessions,
  type Lookup,
  RevocationFeed,
  SessionActivity,
} from '@app/sessions';
import type { AccessTokenClaims } from '@app/tokens';
import { Injectable } from '@nestjs/common';
import { toCachedSession } from '../domain/cached-principal.js';
import { judge, type Standing, type Verdict } from '../domain/principal.js';
import { StandingReader } from '../domain/standing-reader.js';
import { verdictOf } from './session-cache-reader.js';

interface Reading {
  readonly standing: Standing | null;
  readonly position: number;
}

/** Asks Postgres about a session, once for all who ask at the same time, and leaves the answer in the caches. */
@Injectable()
export class SessionDatabaseReader {
  private readonly reads = new SingleFlight<Reading>();

  constructor(
    private readonly standings: StandingReader,
    private readonly feed: RevocationFeed,
    private readonly entries: EntryStore,
    private readonly local: LocalSessions,
    private readonly activity: SessionActivity,
    private readonly clock: Clock,
  ) {}

  /** Rejects with StoreUnavailableError within 0.7 s if Postgres does not answer, 0.9 in a busy process. */
  async verdictOn(claims: AccessTokenClaims, lookup: Lookup | null): Promise<Verdict> {
    const epoch = lookup && (lookup.place.epoch ?? (await this.newEpoch(claims.userId)));
    const { standing, position } = await this.reads.run(claims.sessionId, () => this.read(claims, epoch));
    // Nothing is awaited from here on, so what became known during the read is seen.
    const verdict = judge(standing, claims, this.clock.now());
    if (verdict.kind !== 'live' || !standing) return verdict;
    const reading = { ...claims, gen: standing.session.gen, position };
    const objection = this.feed.map.objectionTo(reading, claims.tokenId);
    return objection && objection.kind !== 'user-changed' ? verdictOf(objection) : verdict;
  }

  /** The position is taken before the read: what was revoked since then may be missing from the answer. */
  private async read(claims: AccessTokenClaims, epoch: string | null): Promise<Reading> {
    const { position, map } = this.feed;
    const { database } = map;
    const standing = await this.inUse(await this.standings.read(claims.sessionId));
    // Once said to be over, it is over for this instance, whichever store is asked next.
    if (standing?.session.ended)
      map.noteSessionEnd(claims.sessionId, standing.session.ended, this.clock.monotonicMs());
    if (standing && database !== null && isAlive(judge(standing, claims, this.clock.now()))) {
      const entry = toCachedSession(standing, { position, database, readAt: this.clock.now() });
      this.local.keep(entry);
      if (epoch !== null) this.fill(entry, epoch);
    }
    return { standing, position };
  }

  /**
   * Uses known here count, although they are not written yet; and when the idle end is near, this use is written at
   * once, because another instance could find the session idle before the next flush. A row that is busy must not cost
   * an answer that is known: then it is the next use, or the flush, that writes it.
   */
  private async inUse(standing: Standing | null): Promise<Standing | null> {
    if (!standing) return null;
    const session = this.activity.upToDate(standing.session);
    const known = { ...standing, session };
    const isLive = endOf(session, this.clock.now()) === null;
    if (!isLive || !this.activity.isUrgent(session.idleExpiresAt, session.expiresAt)) return known;
    const idleExpiresAt = await this.activity.extend(session).catch(nullWhenUnavailable);
    return idleExpiresAt ? { ...standing, session: { ...session, idleExpiresAt } } : known;
  }

  /** Nobody waits for the cache; a fill that fails costs the next request one read. */
  private fill(entry: CachedSession, epoch: string): void {
    this.entries.fill(entry, epoch).catch(() => undefined);
  }

  /** After a flush, so that the very first read fills the cache again. */
  private async newEpoch(userId: UserId): Promise<string | null> {
    if (!this.feed.isFresh) return null;
    try {
      return await this.entries.renewEpoch(userId);
    } catch {
      // Away again; this read is not cached.
      return null;
    }
  }
}

function nullWhenUnavailable(error: unknown): null {
  if (error instanceof StoreUnavailableError) return null;
  throw error;
}

/** A revoked token says nothing against its session. */
function isAlive({ kind }: Verdict): boolean {
  return kind === 'live' || kind === 'token-revoked';
}
