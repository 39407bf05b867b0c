import type { VerifiedToken } from '../principal.js';

/** An entry of the feed, as far as it is used here. */
export interface Revocation {
  readonly kind: 'session' | 'user' | 'token' | 'key';
  readonly user_id: string | null;
  readonly session_id: string | null;
  readonly jti: string | null;
  readonly kid: string | null;
  readonly issued_before: string | null;
  readonly reason: string;
  readonly at: string;
  readonly expires_at: string;
}

interface Entry {
  readonly revocation: Revocation;
  /** When no token that it is about can be alive, on the clock of this process. */
  readonly until: number;
}

/** The longest that Rollcall ever has an entry kept. */
const maxKeptMs = 60 * 60_000;

/**
 * What is dead before its time. Each entry is kept for as long as Rollcall says that it matters, counted from when it was
 * read, so that clocks need not agree; memory is what ends in sixteen minutes, some 500 bytes an entry.
 */
export class RevocationList {
  private readonly sessions = new Map<string, Entry>();
  private readonly users = new Map<string, Entry>();
  private readonly tokens = new Map<string, Entry>();
  /** For good: who has the key could sign tokens for as long as it is believed. There are few. */
  private readonly keys = new Set<string>();

  get size(): number {
    return this.sessions.size + this.users.size + this.tokens.size + this.keys.size;
  }

  /** `now` in milliseconds, of the clock of `prune`. What is repeated is harmless. */
  add(revocation: Revocation, now: number): void {
    const { kind, user_id: userId, session_id: sessionId, jti, kid, at, expires_at: end } = revocation;
    const keptMs = Math.min(Math.max(Date.parse(end) - Date.parse(at), 0) || maxKeptMs, maxKeptMs);
    const entry = { revocation, until: now + keptMs };
    if (kind === 'session' && sessionId !== null) put(this.sessions, sessionId, entry);
    if (kind === 'token' && jti !== null) put(this.tokens, jti, entry);
    if (kind === 'key' && kid !== null) this.keys.add(kid);
    if (kind === 'user' && userId !== null && !this.isOlderFence(userId, revocation))
      put(this.users, userId, entry);
  }

  /** Why the token is dead; null if nothing is known against it. */
  about({ principal, keyId, issuedAt }: VerifiedToken): Revocation | 'key' | null {
    if (this.keys.has(keyId)) return 'key';
    const listed = this.sessions.get(principal.sessionId) ?? this.tokens.get(principal.tokenId);
    if (listed) return listed.revocation;
    const fence = this.users.get(principal.userId)?.revocation;
    return fence && issuedAt.getTime() < fenceOf(fence) ? fence : null;
  }

  /** Entries were put in order of time: the old ones are in front. */
  prune(now: number): void {
    for (const entries of [this.sessions, this.users, this.tokens]) {
      for (const [key, { until }] of entries) {
        if (until > now) break;
        entries.delete(key);
      }
    }
  }

  private isOlderFence(userId: string, revocation: Revocation): boolean {
    const known = this.users.get(userId);
    return known !== undefined && fenceOf(known.revocation) > fenceOf(revocation);
  }
}

function fenceOf({ issued_before: time }: Revocation): number {
  return time === null ? 0 : Date.parse(time);
}

/** Behind all others, also if it was there. */
function put(entries: Map<string, Entry>, key: string, entry: Entry): void {
  entries.delete(key);
  entries.set(key, entry);
}
