import type { UserEvent } from '@app/event-log';
import { endOf, type Session, type Share } from '@app/sessions';

/** Whose the session is, and which one is asking. */
export interface Viewed {
  readonly user: { readonly email: string | null };
  readonly session: { readonly id: string };
}

/** Lists show live sessions only, so `is_active` is true there; it is part of the contract all the same. */
export function presentSession(session: Session, viewed: Viewed) {
  return {
    id: session.id,
    user_id: session.userId,
    email: viewed.user.email,
    created_at: session.createdAt.toISOString(),
    last_access: session.lastAccessAt.toISOString(),
    expires_at: session.expiresAt.toISOString(),
    ip_address: session.client.ipAddress,
    user_agent: session.client.userAgent,
    device: session.client.device,
    request_count: session.requestCount,
    ips_used: [...session.ipsUsed],
    duration_seconds: Math.floor((session.lastAccessAt.getTime() - session.createdAt.getTime()) / 1000),
    is_active: session.ended === null,
    is_current: session.id === viewed.session.id,
    parent_id: session.parentId,
    label: session.label,
  };
}

/** A session that has ended or timed out by now. */
export function presentOverSession(session: Session, viewed: Viewed, now: Date) {
  const end = endOf(session, now) ?? { at: now, reason: 'expired_idle' as const };
  return {
    ...presentSession(session, viewed),
    is_active: false,
    end_reason: end.reason,
    ended_at: end.at.toISOString(),
  };
}

/** Which administrator did something, and what was noted about it, is for administrators. */
export function presentOwnEvent({ payload, ...event }: UserEvent) {
  const { by: _by, note: _note, ...own } = payload;
  return presentUserEvent({ ...event, payload: own });
}

export function presentUserEvent({ id, type, at, sessionId, payload }: UserEvent) {
  return { id: String(id), type, at: at.toISOString(), session_id: sessionId, details: { ...payload } };
}

export function presentShare(share: Share) {
  return {
    id: share.id,
    label: share.label,
    created_at: share.createdAt.toISOString(),
    expires_at: share.expiresAt.toISOString(),
    redeemed_at: share.redeemedAt?.toISOString() ?? null,
    revoked_at: share.revokedAt?.toISOString() ?? null,
    session_id: share.sessionId,
  };
}
