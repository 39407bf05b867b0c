import type { Principal, SignedIn } from '@app/auth';
import type { SessionEnd } from '@app/sessions';

type UserLike = Principal['user'];
type SessionLike = Principal['session'];

/** Every reply is checked against the API's own revocation store, so an answered revocation is a final one. */
export const propagated = { propagation: 'complete' } as const;

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

export function presentSignedOut(end: SessionEnd) {
  return { message: 'Signed out', end_reason: end.reason, ended_at: end.at.toISOString(), ...propagated };
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
