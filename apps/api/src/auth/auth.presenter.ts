import type { Principal, SignedIn } from '@app/auth';
import type { EndedMany, EndedOne } from '@app/sessions';

type UserLike = Principal['user'];
type SessionLike = Principal['session'];

export function presentPrincipal({ user, session }: { user: UserLike; session: SessionLike }) {
  return { user: presentUser(user), session: presentSummary(session) };
}

export function presentSignedIn({ user, session, accessToken, refreshToken }: SignedIn) {
  return {
    ...presentPrincipal({ user, session }),
    access_token: accessToken.text,
    token_type: 'Bearer' as const,
    expires_in: accessToken.expiresInSeconds,
    refresh_token: refreshToken,
  };
}

export function presentSignedOut({ reason, at, propagation }: EndedOne) {
  return { message: 'Signed out', end_reason: reason, ended_at: at.toISOString(), propagation };
}

export function presentSignedOutEverywhere({ count, propagation }: EndedMany) {
  return { message: 'Signed out everywhere', sessions_deleted: count, propagation };
}

function presentUser({ id, email, username, fullName, role }: UserLike) {
  return { id, email, username, full_name: fullName, role };
}

function presentSummary(session: SessionLike) {
  return {
    id: session.id,
    created_at: session.createdAt.toISOString(),
    authenticated_at: session.authenticatedAt.toISOString(),
    idle_expires_at: session.idleExpiresAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
  };
}
