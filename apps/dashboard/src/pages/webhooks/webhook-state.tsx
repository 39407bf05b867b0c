import { Badge } from '@mantine/core';
import type { Delivery, Webhook } from './webhooks-api';

const why: Record<string, string> = {
  administrator: 'Disabled',
  gone: 'Disabled: it answered 410',
  failing: 'Disabled: it has failed for days',
};

export function WebhookState({ state, disabled_reason: reason, failing_since: since }: Webhook) {
  if (state === 'disabled')
    return (
      <Badge size="sm" variant="dot" color="gray">
        {why[reason ?? ''] ?? 'Disabled'}
      </Badge>
    );
  return (
    <Badge size="sm" variant="dot" color={since === null ? 'teal' : 'yellow'}>
      {since === null ? 'Enabled' : 'Failing'}
    </Badge>
  );
}

const deliveryStates = {
  waiting: { label: 'Waiting', color: 'gray' },
  pending: { label: 'Next try to come', color: 'yellow' },
  delivered: { label: 'Delivered', color: 'teal' },
  dead: { label: 'Given up', color: 'red' },
} as const;

export function DeliveryState({ state }: Pick<Delivery, 'state'>) {
  const { label, color } = deliveryStates[state];
  return (
    <Badge size="sm" variant="dot" color={color}>
      {label}
    </Badge>
  );
}
