import { Anchor, Button, Code, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { deviceName } from '../../components/device';
import { ErrorState } from '../../components/error-state';
import { Loading } from '../../components/loading';
import { Facts } from '../../components/facts';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { SessionState } from '../../components/state-badge';
import { duration, Time } from '../../components/time';
import { EndChosenDialog } from './end-chosen-dialog';
import { SessionTimeline } from './session-timeline';
import { type AdminSession, sessionQuery } from './sessions-api';

const scopes = { full: 'Everything', read: 'Reading only', password: 'Choosing a password only' } as const;

export default function SessionPage() {
  const { id = '' } = useParams();
  const { data: session, error, refetch } = useQuery(sessionQuery(id));
  const [isEnding, setEnding] = useState(false);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!session) return <Loading />;
  const canEnd = session.state === 'live' && !session.is_current;
  return (
    <>
      <PageHeader
        title={deviceName(session.device)}
        intro={
          <>
            Session of{' '}
            <Anchor component={Link} to={`/admin/users/${session.user_id}`} size="sm">
              {session.email ?? session.user_id}
            </Anchor>
          </>
        }
      >
        {canEnd && (
          <Button color="red.8" onClick={() => setEnding(true)}>
            End session
          </Button>
        )}
      </PageHeader>
      <Stack>
        <Panel title="What is known of it">
          <SessionFacts session={session} />
        </Panel>
        <SessionTimeline session={session} />
      </Stack>
      <EndChosenDialog
        ids={new Set([session.id])}
        isOpen={isEnding}
        onClose={() => setEnding(false)}
        onDone={() => void refetch()}
      />
    </>
  );
}

function SessionFacts({ session }: { readonly session: AdminSession }) {
  return (
    <Facts
      of={[
        ['State', <SessionState key="state" state={session.state} reason={session.end_reason} />],
        ['Signed in', <Time key="created" at={session.created_at} />],
        ['Last used', <Time key="seen" at={session.last_access} />],
        ['Lasted', duration(session.duration_seconds)],
        [
          'Ends when unused',
          session.state === 'live' ? <Time key="idle" at={session.idle_expires_at} /> : null,
        ],
        ['Ends at the latest', <Time key="end" at={session.expires_at} />],
        ['Requests', session.request_count.toLocaleString()],
        ['Profile', session.profile],
        ['May do', scopes[session.scope]],
        ['Address', <Code key="address">{session.ip_address}</Code>],
        ['All addresses', session.ips_used.length > 1 ? session.ips_used.join(', ') : null],
        ['Label', session.label],
        [
          'Share of',
          session.parent_id === null ? null : (
            <Anchor key="parent" component={Link} to={`/admin/sessions/${session.parent_id}`} size="sm">
              another session
            </Anchor>
          ),
        ],
        ['User agent', session.user_agent],
        ['Id', <Code key="id">{session.id}</Code>],
      ]}
    />
  );
}
