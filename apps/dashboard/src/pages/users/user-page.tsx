import { Code, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { DataTable } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { Loading } from '../../components/loading';
import { EventList } from '../../components/event-list';
import { Facts } from '../../components/facts';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { Time } from '../../components/time';
import { sessionColumns } from '../../components/session-columns';
import { UserActs } from './user-acts';
import { UserBadges } from './user-badges';
import { eventsOfUserQuery, sessionsOfUserQuery, userQuery } from './users-api';

export default function UserPage() {
  const { id = '' } = useParams();
  const { data: user, error, refetch } = useQuery(userQuery(id));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!user) return <Loading />;
  return (
    <>
      <PageHeader
        title={user.full_name ?? user.email}
        intro={user.full_name === null ? undefined : user.email}
      >
        <UserActs user={user} />
      </PageHeader>
      <Stack>
        <Panel>
          <Facts
            of={[
              ['State', <UserBadges key="state" user={user} />],
              ['Username', user.username],
              ['Created', <Time key="created" at={user.created_at} />],
              [
                'Last sign-in',
                user.last_login_at === null ? 'never' : <Time key="login" at={user.last_login_at} />,
              ],
              ['Disabled', user.disabled_at && <Time key="disabled" at={user.disabled_at} />],
              ['Waits until', user.locked_until && <Time key="locked" at={user.locked_until} />],
              ['Id', <Code key="id">{user.id}</Code>],
            ]}
          />
        </Panel>
        <SessionsOfUser id={id} kind="sessions" title={`Live sessions (${user.live_sessions})`} />
        <EventsOfUser id={id} />
        <SessionsOfUser id={id} kind="history" title="Sessions that are over" />
      </Stack>
    </>
  );
}

interface SessionsOfUserProps {
  readonly id: string;
  readonly kind: 'sessions' | 'history';
  readonly title: string;
}

function SessionsOfUser({ id, kind, title }: SessionsOfUserProps) {
  const { data, error } = useQuery(sessionsOfUserQuery(id, kind));
  return (
    <Panel title={title} isFlush>
      {error ? (
        <ErrorState error={error} />
      ) : (
        <DataTable
          label={title}
          columns={sessionColumns}
          rows={data?.sessions}
          keyOf={(session) => session.id}
          empty={<EmptyState title={kind === 'sessions' ? 'Not signed in anywhere' : 'None yet'} />}
        />
      )}
    </Panel>
  );
}

function EventsOfUser({ id }: { readonly id: string }) {
  const { data } = useQuery(eventsOfUserQuery(id));
  if (!data) return null;
  return (
    <Panel title="History" isFlush>
      <EventList events={data.events} />
    </Panel>
  );
}
