import type { DatabaseIdentity, LoggedEvent, LogPosition } from '@app/event-log';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import type { EndReason, SessionEnd } from '../session.js';
import type { RememberedRevocations } from './revocation-repair.js';

interface Noted<T> {
  readonly value: T;
  /** When this process learned of it, on its monotonic clock; decides how long it is kept. */
  readonly at: number;
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
  private readonly tokens = new Map<TokenId, Noted<true>>();
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
        );
        break;
      case 'user.sessions_revoked':
        this.noteGeneration(event.userId as UserId, event.gen ?? 0, now);
        this.noteUserChange(event.userId as UserId, event.xid, now);
        break;
      case 'user.updated':
        this.noteUserChange(event.userId as UserId, event.xid, now);
        break;
      case 'token.revoked':
        this.noteToken(event.tokenId as TokenId, now);
        break;
      case 'user.created':
      case 'session.created':
        break;
    }
  }

  noteSessionEnd(id: SessionId, end: SessionEnd, now: number): void {
    // The first end stays, as in the store.
    if (!this.sessions.has(id)) this.sessions.set(id, { value: end, at: now });
  }

  noteGeneration(userId: UserId, gen: number, now: number): void {
    const known = this.generations.get(userId)?.value ?? -1;
    if (gen > known) this.generations.set(userId, { value: gen, at: now });
  }

  noteToken(id: TokenId, now: number): void {
    this.tokens.set(id, { value: true, at: now });
  }

  /** Why the reading must not be used, or null. The session may be known to have ended before any reading. */
  objectionTo(reading: Reading, tokenId: TokenId): Objection | null {
    const ended = this.sessions.get(reading.sessionId);
    if (ended) return { kind: 'session-ended', end: ended.value };
    if ((this.generations.get(reading.userId)?.value ?? -1) > reading.gen) return { kind: 'generation-over' };
    if (this.tokens.has(tokenId)) return { kind: 'token-revoked' };
    const changed = this.changedUsers.get(reading.userId)?.value ?? -1;
    return changed >= reading.position ? { kind: 'user-changed' } : null;
  }

  /** How a session is known to have ended, without any reading of it. */
  endOf(id: SessionId): SessionEnd | null {
    return this.sessions.get(id)?.value ?? null;
  }

  /** Forgets what was learned before `olderThan`; readings from before `position` are no longer covered. */
  prune(olderThan: number, position: LogPosition): void {
    const dropped =
      dropOld(this.sessions, olderThan) +
      dropOld(this.generations, olderThan) +
      dropOld(this.tokens, olderThan) +
      dropOld(this.changedUsers, olderThan);
    if (dropped > 0) this.floor = Math.max(this.floor, position);
  }

  /** All of it, for writing back what a failover has lost. */
  everything(): RememberedRevocations {
    return {
      sessions: [...this.sessions].map(([id, { value }]) => ({ id, end: value })),
      generations: [...this.generations].map(([userId, { value }]) => ({ userId, gen: value })),
      tokens: [...this.tokens.keys()],
    };
  }

  get size(): number {
    return this.sessions.size + this.generations.size + this.tokens.size + this.changedUsers.size;
  }

  private noteUserChange(userId: UserId, xid: LogPosition, now: number): void {
    const known = this.changedUsers.get(userId)?.value ?? -1;
    if (xid > known) this.changedUsers.set(userId, { value: xid, at: now });
  }
}

/** Entries are in order of insertion, so the walk stops at the first young one. */
function dropOld<Key>(notes: Map<Key, Noted<unknown>>, olderThan: number): number {
  let dropped = 0;
  for (const [key, note] of notes) {
    if (note.at >= olderThan) break;
    notes.delete(key);
    dropped += 1;
  }
  return dropped;
}
