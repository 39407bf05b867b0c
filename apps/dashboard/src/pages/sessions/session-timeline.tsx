import { useQuery } from '@tanstack/react-query';
import { api, dataOf } from '../../api/client';
import { EventList } from '../../components/event-list';
import { Panel } from '../../components/panel';
import type { AdminSession } from './sessions-api';

/** Events of the person that are looked through for those of the session. */
const looked = 100;

/** What the log tells of a session; without events of it, its beginning and end speak for themselves. */
export function SessionTimeline({ session }: { readonly session: AdminSession }) {
  const { id, user_id: userId } = session;
  const { data } = useQuery({
    queryKey: ['admin-session', id, 'events'],
    queryFn: () =>
      dataOf(
        api.GET('/api/v1/admin/users/{id}/events', {
          params: { path: { id: userId }, query: { page_size: looked } },
        }),
      ),
  });
  const events = data?.events.filter((event) => event.session_id === id) ?? [];
  if (events.length === 0) return null;
  return (
    <Panel title="Timeline" isFlush>
      <EventList events={events} />
    </Panel>
  );
}
