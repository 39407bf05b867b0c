import type { Principal, SignedIn } from '@app/auth';
import type { EndedMany, EndedOne } from '@app/sessions';

type UserLike = Principal['user'];
type SessionLike = Omit<Principal['session'], 'agent'>;

export function presentPrincipal({ user, session }: { user: UserLike; session: SessionLike }) {
  return { user: presentUser(user), session: presentSummary(session) };
}

export function presentSignedIn(
  { user, session, accessToken, refreshToken }: SignedIn,
  { withTokens }: { withTokens: boolean },
) {
  const tokens = {
    access_token: accessToken.text,
    token_type: 'Bearer' as const,
    refresh_token: refreshToken,
  };
  return {
    ...presentPrincipal({ user, session }),
    ...(withTokens && tokens),
    expires_in: accessToken.expiresInSeconds,
  };
}

export function presentSignedOut(ended: EndedOne | null) {
  return {
    message: 'Signed out',
    end_reason: ended?.reason ?? null,
    ended_at: ended?.at.toISOString() ?? null,
    propagation: ended?.propagation ?? ('complete' as const),
  };
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
    profile: session.profile,
    scope: session.scope,
    created_at: session.createdAt.toISOString(),
    authenticated_at: session.authenticatedAt.toISOString(),
    idle_expires_at: session.idleExpiresAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
  };
}
