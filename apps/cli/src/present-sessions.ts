import type { OwnedSession } from '@app/auth';
import { endOf } from '@app/sessions';
import { printable, table } from './output.js';

export function sessionTable(sessions: readonly OwnedSession[], now: Date): string {
  const rows = sessions.map(({ session, email }) => [
    session.id,
    printable(email ?? '-'),
    session.createdAt.toISOString(),
    session.lastAccessAt.toISOString(),
    session.client.ipAddress,
    printable([session.client.device.browser, session.client.device.os].filter(Boolean).join(', ') || '-'),
    endOf(session, now)?.reason ?? 'live',
  ]);
  return table(['id', 'e-mail', 'signed in', 'last use', 'address', 'device', 'state'], rows);
}

export function presented({ session, email }: OwnedSession) {
  const { id, userId, createdAt, lastAccessAt, expiresAt, client, profile, ended } = session;
  return {
    id,
    user_id: userId,
    email,
    created_at: createdAt,
    last_access: lastAccessAt,
    expires_at: expiresAt,
    ip_address: client.ipAddress,
    user_agent: client.userAgent,
    device: client.device,
    profile,
    end_reason: ended?.reason ?? null,
    ended_at: ended?.at ?? null,
  };
}
