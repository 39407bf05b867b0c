import type { DomainEvent } from '@app/event-log';
import type { SessionId, UserId } from '@app/kernel';
import type { Session } from '../domain/session.js';
import type { ExpiredSession } from '../domain/expired-sessions.js';
import type { EndedSession } from '../domain/session-repository.js';

/** That a session has begun, for somebody who signs in or in the place of another one of the same person. */
export function beginEvent(
  { id, userId, client, parentId, createdAt }: Session,
  continues?: SessionId,
): DomainEvent {
  const payload = {
    ip_address: client.ipAddress,
    device: client.device,
    ...(parentId && { parent: parentId }),
    ...(continues && { continues }),
  };
  return { type: 'session.created', userId, sessionId: id, payload, at: createdAt };
}

/** That a session has ended, and what else there is to tell about it. */
export function endEvent(
  userId: UserId,
  { id, end: { reason, at }, beganAt }: EndedSession,
  details: Readonly<Record<string, unknown>> = {},
): DomainEvent {
  return {
    type: 'session.ended',
    userId,
    sessionId: id,
    payload: { ...details, ...startOf(beganAt), reason },
    at,
  };
}

/** That time ended a session, which nobody notices when it happens. */
export function expiryEvent({ id, userId, end, beganAt }: ExpiredSession, at: Date): DomainEvent {
  const payload = { ...startOf(beganAt), reason: end.reason, expired_at: end.at.toISOString() };
  return { type: 'session.expired', userId, sessionId: id, payload, at };
}

function startOf(beganAt: Date | undefined): { started_at?: string } {
  return beganAt ? { started_at: beganAt.toISOString() } : {};
}
