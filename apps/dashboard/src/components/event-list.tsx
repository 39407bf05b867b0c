import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Schema } from '../api/client';
import { endReasonName } from './end-reasons';
import { eventName } from './event-names';
import classes from './event-list.module.css';
import { Time } from './time';

type SecurityEvent = Schema['SecurityEvent'];

/** With `user_id` where the events are of several people. */
type ShownEvent = Pick<SecurityEvent, 'id' | 'type' | 'at' | 'details'> & {
  readonly user_id?: string | null;
};

/** What an event tells besides its type, as far as people care. */
function about({ type, details }: ShownEvent): string {
  const { reason, note, ip_address: address, role } = details;
  const isPromotion = type === 'user.role_changed' && typeof role === 'string';
  const parts = [
    typeof reason === 'string' ? endReasonName(reason) : null,
    isPromotion ? `now ${role === 'admin' ? 'an administrator' : 'a user'}` : null,
    typeof address === 'string' ? `from ${address}` : null,
    typeof note === 'string' ? `“${note}”` : null,
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** Events below each other, newest first. */
export function EventList({ events }: { readonly events: readonly ShownEvent[] }) {
  return (
    <ol className={classes.list}>
      {events.map((event) => (
        <li key={event.id}>
          <div>
            <Text size="sm" fw={550}>
              {eventName(event.type)}
            </Text>
            <Text size="sm" c="dimmed">
              {about(event)}
              {event.user_id && (
                <>
                  {' '}
                  <Anchor component={Link} to={`/admin/users/${event.user_id}`} size="sm">
                    Open the account
                  </Anchor>
                </>
              )}
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
