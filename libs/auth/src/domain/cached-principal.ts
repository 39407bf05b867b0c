import type { CachedSession } from '@app/sessions';
import type { AccessTokenClaims } from '@app/tokens';
import type { Role } from '@app/users';
import type { Principal, Standing } from './principal.js';

/** The part of a live standing that may be cached, with where and when it was read. */
export function toCachedSession(
  { session, user, revokedTokens }: Standing,
  read: Pick<CachedSession, 'position' | 'database' | 'readAt'>,
): CachedSession {
  return {
    position: read.position,
    database: read.database,
    readAt: read.readAt,
    userId: user.id,
    sessionId: session.id,
    gen: session.gen,
    profile: session.profile,
    scope: session.scope,
    agent: session.agent,
    createdAt: session.createdAt,
    authenticatedAt: session.authenticatedAt,
    idleExpiresAt: session.idleExpiresAt,
    expiresAt: session.expiresAt,
    revokedTokens,
    user: [user.email, user.username, user.fullName, user.role],
  };
}

export function toPrincipal(entry: CachedSession, claims: AccessTokenClaims): Principal {
  const [email, username = null, fullName = null, role] = entry.user;
  return {
    user: { id: entry.userId, email: email ?? null, username, fullName, role: role as Role },
    session: {
      id: entry.sessionId,
      profile: entry.profile,
      scope: entry.scope,
      agent: entry.agent,
      createdAt: entry.createdAt,
      authenticatedAt: entry.authenticatedAt,
      idleExpiresAt: entry.idleExpiresAt,
      expiresAt: entry.expiresAt,
    },
    tokenId: claims.tokenId,
    tokenExpiresAt: claims.expiresAt,
  };
}
