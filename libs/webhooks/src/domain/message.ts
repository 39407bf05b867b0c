import type { StoredEvent } from '@app/event-log';

/** What is told of one event, the same to every endpoint. */
export interface WebhookMessage {
  /** `webhook-id`: the same however often it is sent. */
  readonly id: string;
  /** Null for what is no event. */
  readonly eventId: number | null;
  readonly type: string;
  /** What must arrive in order: events of one session, or else of one user. Null: in any. */
  readonly lane: string | null;
  /** The bytes that are signed and sent. */
  readonly body: string;
}

/**
 * Members of payloads that leave the house: ids and words from fixed lists. Fewer than administrators are shown: no
 * address, device or text that somebody has typed, since nobody knows who reads the receiver's logs (ASVS v5.0.0-14.2.3).
 */
const told: ReadonlySet<string> = new Set([
  'bulk_end',
  'by',
  'continues',
  'ended',
  'endpoint_id',
  'expired_at',
  'failures',
  'fields',
  'kid',
  'parent',
  'policy',
  'reason',
  'role',
  'share',
  'started_at',
]);

/** The id also tells the time, because after a failover another event may get the number of one that was lost. */
export function messageOf({
  id,
  type,
  at,
  userId,
  sessionId,
  tokenId,
  payload,
}: StoredEvent): WebhookMessage {
  const details = Object.fromEntries(Object.entries(payload).filter(([name]) => told.has(name)));
  const data = { event_id: String(id), user_id: userId, session_id: sessionId, token_id: tokenId, details };
  return {
    id: `evt_${id}_${at.getTime().toString(36)}`,
    eventId: id,
    type,
    lane: sessionId ?? userId,
    body: JSON.stringify({ type, timestamp: at.toISOString(), data }),
  };
}

/** To see whether an endpoint hears us. */
export function pingOf(id: string, endpointId: string, at: Date): WebhookMessage {
  const type = 'webhook.ping';
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data: { endpoint_id: endpointId } });
  return { id: `ping_${id}`, eventId: null, type, lane: null, body };
}
