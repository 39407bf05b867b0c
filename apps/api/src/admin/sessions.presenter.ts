import type { OwnedSession, Principal } from '@app/auth';
import { type BulkStanding, endOf } from '@app/sessions';
import { presentSession } from '../sessions/sessions.presenter.js';

export function presentAdminSession({ session, email }: OwnedSession, viewer: Principal, now: Date) {
  const end = endOf(session, now);
  return {
    ...presentSession(session, { user: { email }, session: viewer.session }),
    is_active: end === null,
    state: stateOf(end?.reason ?? null),
    profile: session.profile,
    scope: session.scope,
    idle_expires_at: session.idleExpiresAt.toISOString(),
    end_reason: end?.reason ?? null,
    ended_at: end?.at.toISOString() ?? null,
  };
}

export function presentBulkEnd({ order, propagation }: BulkStanding) {
  return {
    id: order.id,
    state: order.state,
    matched: order.matched,
    ended: order.ended,
    failed: order.failed,
    propagation,
    created_at: order.createdAt.toISOString(),
    finished_at: order.finishedAt?.toISOString() ?? null,
    created_by: order.act.by,
    reason: order.act.note,
  };
}

function stateOf(endReason: string | null): 'live' | 'ended' | 'expired' {
  if (endReason === null) return 'live';
  return endReason.startsWith('expired_') ? 'expired' : 'ended';
}
