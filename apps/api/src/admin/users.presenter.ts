import type { Account } from '@app/auth';
import type { EndedMany } from '@app/sessions';

export function presentAccount({ user, lockedUntil }: Account) {
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    full_name: user.fullName,
    role: user.role,
    state: user.disabledAt ? ('disabled' as const) : ('active' as const),
    disabled_at: user.disabledAt?.toISOString() ?? null,
    locked_until: lockedUntil?.toISOString() ?? null,
    password_change_required_at: user.passwordChangeRequiredAt?.toISOString() ?? null,
    created_at: user.createdAt.toISOString(),
    last_login_at: user.lastLoginAt?.toISOString() ?? null,
  };
}

export function presentSignedOutUser(id: string, { count, propagation }: EndedMany) {
  return { id, sessions_ended: count, propagation };
}
