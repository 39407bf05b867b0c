import type { DatabaseIdentity, LoggedEvent, LogPosition } from '@app/event-log';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import type { EndReason, SessionEnd } from '../session.js';
import type { RememberedRevocations, RevokedTokenFacts } from './revocation-repair.js';

interface Noted<T> {
  readonly value: T;
  /** When this process learned of it, on its monotonic clock; decides how long it is kept. */
  readonly at: number;
  /** The transaction that made it so; null until the log has told. */
  readonly xid: LogPosition | null;
}

/** Facts about one session that are newer than what was read about it. */
export type Objection =
  | { readonly kind: 'session-ended'; readonly end: SessionEnd }
  | { readonly kind: 'generation-over' }
  | { readonly kind: 'token-revoked' }
  | { readonly kind: 'user-changed' };

/** What was read about a session, when, and from which history. */
export interface Reading {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly gen: number;
  readonly position: LogPosition;
}

/**
 * Everything this process knows to have been revoked, from the event log: knowledge that may be copied, merged
 * and applied again freely, because a revocation is never taken back. About ten revocations a second make
 * 144,000 entries in four hours, some 20 MB.
 */
export class RevokedMap {
  private readonly sessions = new Map<SessionId, Noted<SessionEnd>>();
  private readonly generations = new Map<UserId, Noted<number>>();
  private readonly tokens = new Map<TokenId, Noted<RevokedTokenFacts>>();
  private readonly changedUsers = new Map<UserId, Noted<LogPosition>>();
  private floor = Number.POSITIVE_INFINITY;
  private history: DatabaseIdentity | null = null;

  /** From here on the map holds every revocation of this database's history. */
  coverFrom(position: LogPosition, database: DatabaseIdentity): void {
    this.floor = position;
    this.history = database;
  }

  get database(): DatabaseIdentity | null {
    return this.history;
  }

  /** True if whatever was revoked since a read at this position is in the map. */
  covers(position: LogPosition, database: DatabaseIdentity): boolean {
    return database === this.history && position >= this.floor;
  }

  apply(event: LoggedEvent, now: number): void {
    switch (event.type) {
      case 'session.ended':
        this.noteSessionEnd(
          event.sessionId as SessionId,
          { at: event.at, reason: event.reason as EndReason },
          now,
          event.xid,
        );
        break;
      case 'user.sessions_revoked':
        this.noteGeneration(event.userId as UserId, event.gen ?? 0, now, event.xid);
        this.noteUserChange(event.userId as UserId, event.xid, now);
        break;
      case 'user.updated':
        this.noteUserChange(event.userId as UserId, event.xid, now);
        break;
      case 'token.revoked':
        this.noteToken(tokenOf(event), now, event.xid);
        break;
      default:
        // Of interest to others.
        break;
    }
  }

  noteSessionEnd(id: SessionId, end: SessionEnd, now: number, xid: LogPosition | null = null): void {
    // The first end stays, as in the store.
    note(this.sessions, id, { value: this.sessions.get(id)?.value ?? end, at: now, xid });
  }

  noteGeneration(userId: UserId, gen: number, now: number, xid: LogPosition | null = null): void {
    const known = this.generations.get(userId)?.value ?? -1;
    if (gen >= known) note(this.generations, userId, { value: gen, at: now, xid });
  }

  noteToken(token: RevokedTokenFacts, now: number, xid: LogPosition | null = null): void {
    note(this.tokens, token.id, { value: token, at: now, xid });
  }

  noteUserChange(userId: UserId, xid: LogPosition, now: number): void {
    const known = this.changedUsers.get(userId)?.value ?? -1;
    if (xid > known) note(this.changedUsers, userId, { value: xid, at: now, xid });
  }

  /** Why the reading must not be used, or null. The session may be known to have ended before any reading. */
  objectionTo(reading: Reading, tokenId: TokenId): Objection | null {
    const ended = this.sessions.get(reading.sessionId);
    if (ended) return { kind: 'session-ended', end: ended.value };
    if ((this.generations.get(reading.userId)?.value ?? -1) > reading.gen) return { kind: 'generation-over' };
    if (this.tokens.has(tokenId)) return { kind: 'token-revoked' };
    return this.hasUserChanged(reading.userId, reading.position) ? { kind: 'user-changed' } : null;
  }

  /** True if what was read about the user at this position may be older than the last change of it. */
  hasUserChanged(userId: UserId, since: LogPosition): boolean {
    return (this.changedUsers.get(userId)?.value ?? -1) >= since;
  }

  /** How a session is known to have ended, without any reading of it. */
  endOf(id: SessionId): SessionEnd | null {
    return this.sessions.get(id)?.value ?? null;
  }

  /**
   * Forgets what was learned before `olderThan`. Readings that may have missed any of it are no longer covered:
   * those from before its transaction, or from before `position` if that is unknown.
   */
  prune(olderThan: number, position: LogPosition): void {
    for (const notes of [this.sessions, this.generations, this.tokens, this.changedUsers]) {
      for (const { xid } of dropOld<unknown>(notes, olderThan)) {
        this.floor = Math.max(this.floor, xid === null ? position : xid + 1);
      }
    }
  }

  /** All of it, for writing back what a failover has lost. */
  everything(): RememberedRevocations {
    return {
      sessions: [...this.sessions].map(([id, { value }]) => ({ id, end: value })),
      generations: [...this.generations].map(([userId, { value }]) => ({ userId, gen: value })),
      tokens: [...this.tokens.values()].map(({ value }) => value),
    };
  }

  get size(): number {
    return this.sessions.size + this.generations.size + this.tokens.size + this.changedUsers.size;
  }
}

function tokenOf({ tokenId, userId, sessionId }: LoggedEvent): RevokedTokenFacts {
  return { id: tokenId as TokenId, userId: userId as UserId, sessionId: sessionId as SessionId };
}

/** Behind all others, so that the oldest note is always the first. A transaction once known stays known. */
function note<Key, T>(notes: Map<Key, Noted<T>>, key: Key, made: Noted<T>): void {
  const xid = made.xid ?? notes.get(key)?.xid ?? null;
  notes.delete(key);
  notes.set(key, { ...made, xid });
}

/** The walk stops at the first young one. */
function dropOld<T>(notes: Map<string, Noted<T>>, olderThan: number): Noted<T>[] {
  const dropped: Noted<T>[] = [];
  for (const [key, one] of notes) {
    if (one.at >= olderThan) break;
    notes.delete(key);
    dropped.push(one);
  }
  return dropped;
}
