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

/** That sessions of one user have ended. */
export function endEvents(userId: UserId, ended: readonly EndedSession[]): DomainEvent[] {
  return ended.map(({ id, end: { reason, at } }) => ({
    type: 'session.ended',
    userId,
    sessionId: id,
    payload: { reason },
    at,
  }));
}
