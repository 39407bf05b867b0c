import { type Delivery, EndpointNotFoundError, type WebhookEndpoint } from '@app/webhooks';
import { z } from 'zod';

/** Throws EndpointNotFoundError for what cannot be an id; spares the store a question with a known answer. */
export function webhookIdOf(text: string): string {
  if (!z.uuid().safeParse(text).success) throw new EndpointNotFoundError();
  return text.toLowerCase();
}

export function presentWebhook(endpoint: WebhookEndpoint) {
  const { id, url, label, events, disabledAt, disabledReason, failures } = endpoint;
  return {
    id,
    url,
    label,
    events: [...events],
    state: disabledAt ? ('disabled' as const) : ('enabled' as const),
    disabled_at: disabledAt?.toISOString() ?? null,
    disabled_reason: disabledReason,
    failing_since: endpoint.failingSince?.toISOString() ?? null,
    failures,
    resumes_at: endpoint.resumeAt?.toISOString() ?? null,
    old_secret_until: endpoint.oldSecretUntil?.toISOString() ?? null,
    created_at: endpoint.createdAt.toISOString(),
    updated_at: endpoint.updatedAt.toISOString(),
  };
}

export function presentDelivery({ id, type, state, attempts, last, lastTryAt, ...rest }: Delivery) {
  return {
    id,
    message_id: rest.messageId,
    type,
    session_id: rest.sessionId,
    state,
    queued_at: rest.queuedAt.toISOString(),
    next_try_at: rest.nextTryAt?.toISOString() ?? null,
    attempts,
    last_try: last &&
      lastTryAt && {
        at: lastTryAt.toISOString(),
        status: last.status,
        error: last.error,
        duration_ms: last.durationMs,
        response: last.excerpt,
      },
    finished_at: rest.finishedAt?.toISOString() ?? null,
  };
}
