import { Button } from '@mantine/core';
import { IconDevicesOff } from '@tabler/icons-react';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, dataOf, type Schema } from '../../api/client';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { deviceName } from '../../components/device';
import { ErrorState } from '../../components/error-state';
import { notifyDone } from '../../components/notify';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { DeviceRow, DeviceRowSkeleton } from './device-row';

type Session = Schema['Session'];

const ownSessions = queryOptions({
  queryKey: ['own-sessions'],
  queryFn: () => dataOf(api.GET('/api/v1/sessions')),
});

/** This device first, then whichever was used last. */
function inOrder(sessions: readonly Session[]): Session[] {
  return sessions.toSorted(
    (a, b) => Number(b.is_current) - Number(a.is_current) || b.last_access.localeCompare(a.last_access),
  );
}

export default function DevicesPage() {
  const { data, error, refetch } = useQuery(ownSessions);
  const [ending, setEnding] = useState<Session | 'others' | null>(null);
  const sessions = data && inOrder(data.sessions);
  const others = sessions?.filter(({ is_current: isCurrent }) => !isCurrent).length ?? 0;

  return (
    <>
      <PageHeader title="My devices" intro="Everywhere you are signed in. End what you do not know.">
        {others > 0 && (
          <Button
            variant="default"
            leftSection={<IconDevicesOff size={16} stroke={1.7} />}
            onClick={() => setEnding('others')}
          >
            Sign out all others
          </Button>
        )}
      </PageHeader>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!error && (
        <Panel isFlush>
          {sessions
            ? sessions.map((session) => (
                <DeviceRow key={session.id} session={session} onEnd={() => setEnding(session)} />
              ))
            : [1, 2, 3].map((row) => <DeviceRowSkeleton key={row} />)}
        </Panel>
      )}
      <EndDialog ending={ending} others={others} onClose={() => setEnding(null)} />
    </>
  );
}

interface EndDialogProps {
  readonly ending: Session | 'others' | null;
  readonly others: number;
  readonly onClose: () => void;
}

function EndDialog({ ending, others, onClose }: EndDialogProps) {
  const client = useQueryClient();
  const isAll = ending === 'others';

  async function end(): Promise<void> {
    if (ending === null) return;
    if (isAll) await api.DELETE('/api/v1/sessions');
    else await api.DELETE('/api/v1/sessions/{id}', { params: { path: { id: ending.id } } });
    notifyDone(isAll ? 'All other devices are signed out' : `${deviceName(ending.device)} is signed out`);
    await client.invalidateQueries({ queryKey: ['own-sessions'] });
  }

  return (
    <ConfirmDialog
      title={isAll ? 'Sign out all other devices?' : 'Sign out this device?'}
      confirmLabel={isAll ? `Sign out ${others}` : 'Sign out'}
      isOpen={ending !== null}
      onClose={onClose}
      onConfirm={end}
    >
      {isAll
        ? `${others === 1 ? 'One device is' : `${others} devices are`} signed out at once. This one stays.`
        : 'Its next request is refused. Whoever uses it has to sign in again.'}
    </ConfirmDialog>
  );
}
