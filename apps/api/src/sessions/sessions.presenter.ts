import type { Principal } from '@app/auth';
import type { Session } from '@app/sessions';

/** Lists show live sessions only, so `is_active` is true there; it is part of the contract all the same. */
export function presentSession(session: Session, principal: Principal) {
  return {
    id: session.id,
    user_id: session.userId,
    email: principal.user.email,
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
    is_current: session.id === principal.session.id,
  };
}
