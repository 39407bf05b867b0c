import type { SessionProfile } from '@app/config';
import type { SessionId, UserId } from '@app/kernel';

export type { SessionProfile } from '@app/config';

/** Why a session is over; stable strings that clients may act on. */
export type EndReason =
  | 'signout'
  | 'terminated'
  | 'signout_all'
  | 'limit'
  | 'replaced'
  | 'password_change'
  | 'admin'
  | 'user_disabled'
  | 'refresh_reuse'
  | 'expired_idle'
  | 'expired_absolute';

/** The device behind a session as far as its user agent tells; a hint for people, never a credential. */
export interface Device {
  readonly browser: string | null;
  readonly os: string | null;
  readonly kind: 'desktop' | 'mobile' | 'tablet' | 'tv' | 'bot' | 'other';
}

/** What the edge knows about the client that asks for a session. */
export interface ClientFacts {
  readonly ipAddress: string;
  readonly userAgent: string | null;
  readonly device: Device;
}

/** `read`: shared, may look at everything and change nothing. `password`: may only choose another password. */
export type SessionScope = 'full' | 'read' | 'password';

/** One sign-in on one device. Its id is a public reference that opens nothing. */
export interface Session {
  readonly id: SessionId;
  readonly userId: UserId;
  /** Generation of the user at creation. */
  readonly gen: number;
  /** Decides how long it may live. */
  readonly profile: SessionProfile;
  readonly createdAt: Date;
  /** Last proof of the password; decides freshness. */
  readonly authenticatedAt: Date;
  readonly lastAccessAt: Date;
  readonly idleExpiresAt: Date;
  /** Absolute end; never moves. */
  readonly expiresAt: Date;
  readonly client: ClientFacts;
  readonly ipsUsed: readonly string[];
  readonly requestCount: number;
  /** Random per session; refresh tokens are derived from it and the server's key. */
  readonly refreshNonce: Buffer;
  /** Counts the refreshes; the token of this generation is the one not spent yet. */
  readonly refreshGeneration: number;
  readonly refreshedAt: Date | null;
  /** Digest of the id that the browser or app goes by; null if it has none. */
  readonly deviceKey: string | null;
  /** The session that this one is a share of, and dies with. */
  readonly parentId: SessionId | null;
  readonly scope: SessionScope;
  readonly label: string | null;
  readonly ended: SessionEnd | null;
}

export interface SessionEnd {
  readonly at: Date;
  readonly reason: EndReason;
}

/** What of a session decides whether it still counts. */
export type SessionSpan = Pick<Session, 'idleExpiresAt' | 'expiresAt' | 'ended'>;

/**
 * How and when a session ended, or null while it lives. The earliest cause wins: a session that timed out and
 * was revoked afterwards had already expired.
 */
export function endOf(session: SessionSpan, now: Date): SessionEnd | null {
  if (!session.ended && !hasTimedOut(session, now)) return null;
  const timeout: SessionEnd =
    session.idleExpiresAt < session.expiresAt
      ? { at: session.idleExpiresAt, reason: 'expired_idle' }
      : { at: session.expiresAt, reason: 'expired_absolute' };
  if (session.ended && session.ended.at < timeout.at) return session.ended;
  return timeout.at <= now ? timeout : session.ended;
}

/** What is asked for every request: makes nothing. */
export function hasTimedOut(
  { idleExpiresAt, expiresAt }: Pick<Session, 'idleExpiresAt' | 'expiresAt'>,
  now: Date,
): boolean {
  // As numbers: comparing dates asks each for its primitive value.
  const at = now.getTime();
  return idleExpiresAt.getTime() <= at || expiresAt.getTime() <= at;
}
