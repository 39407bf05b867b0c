import type { DomainEvent } from '@app/event-log';
import type { UserId } from '@app/kernel';
import type { Session } from '../domain/session.js';
import type { EndedSession } from '../domain/session-repository.js';

/** That a session has begun. */
export function beginEvent({ id, userId, client, parentId, createdAt }: Session): DomainEvent {
  const payload = {
    ip_address: client.ipAddress,
    device: client.device,
    ...(parentId && { parent: parentId }),
  };
  return { type: 'session.created', userId, sessionId: id, payload, at: createdAt };
}

/** That a session has ended, and what else there is to tell about it. */
export function endEvent(
  userId: UserId,
  { id, end: { reason, at } }: EndedSession,
  details: Readonly<Record<string, unknown>> = {},
): DomainEvent {
  return { type: 'session.ended', userId, sessionId: id, payload: { ...details, reason }, at };
}
