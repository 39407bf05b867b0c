import type { SessionId, UserId } from '@app/kernel';
import type { Device, EndReason, Session, SessionEnd, SessionProfile } from '../../domain/session.js';
import type { sessionsTable } from './sessions.table.js';

type SessionRow = typeof sessionsTable.$inferSelect;
type NewSessionRow = typeof sessionsTable.$inferInsert;

export function toSession(row: SessionRow): Session {
  return {
    id: row.id as SessionId,
    userId: row.userId as UserId,
    gen: row.gen,
    profile: row.profile as SessionProfile,
    createdAt: row.createdAt,
    authenticatedAt: row.authenticatedAt,
    lastAccessAt: row.lastAccessAt,
    idleExpiresAt: row.idleExpiresAt,
    expiresAt: row.expiresAt,
    client: { ipAddress: row.ipAddress, userAgent: row.userAgent, device: row.device as Device },
    ipsUsed: row.ipsUsed as string[],
    requestCount: row.requestCount,
    refreshNonce: row.refreshNonce,
    refreshGeneration: row.refreshGeneration,
    refreshedAt: row.refreshedAt,
    deviceKey: row.deviceKey,
    parentId: row.parentId as SessionId | null,
    scope: row.scope,
    label: row.label,
    ended: toSessionEnd(row),
  };
}

export function toSessionEnd(row: { endedAt: Date | null; endReason: string | null }): SessionEnd | null {
  return row.endedAt && { at: row.endedAt, reason: row.endReason as EndReason };
}

export function toSessionRow({ client, ended, ...session }: Session): NewSessionRow {
  return {
    ...session,
    ipAddress: client.ipAddress,
    userAgent: client.userAgent,
    device: client.device,
    endedAt: ended?.at ?? null,
    endReason: ended?.reason ?? null,
  };
}
