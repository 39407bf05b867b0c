import { Text } from '@mantine/core';
import type { Schema } from '../api/client';
import { endReasonName } from './end-reasons';
import { eventName } from './event-names';
import classes from './event-list.module.css';
import { Time } from './time';

type SecurityEvent = Schema['SecurityEvent'];

/** What an event tells besides its type, as far as people care. */
function about({ reason, note, ip_address: address, role }: SecurityEvent['details']): string {
  const parts = [
    typeof reason === 'string' ? endReasonName(reason) : null,
    typeof role === 'string' ? `now ${role === 'admin' ? 'an administrator' : 'a user'}` : null,
    typeof address === 'string' ? `from ${address}` : null,
    typeof note === 'string' ? `“${note}”` : null,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** Events below each other, newest first. */
export function EventList({ events }: { readonly events: readonly SecurityEvent[] }) {
  return (
    <ol className={classes.list}>
      {events.map((event) => (
        <li key={event.id}>
          <div>
            <Text size="sm" fw={550}>
              {eventName(event.type)}
            </Text>
            <Text size="sm" c="dimmed">
              {about(event.details)}
            </Text>
          </div>
          <Text size="sm" c="dimmed" component="span">
            <Time at={event.at} />
          </Text>
        </li>
      ))}
    </ol>
  );
}
