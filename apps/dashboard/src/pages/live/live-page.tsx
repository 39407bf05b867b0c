import { Badge, Button, Group, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconTrash, IconWaveSine } from '@tabler/icons-react';
import { api } from '../../api/client';
import { EmptyState } from '../../components/empty-state';
import { EventList } from '../../components/event-list';
import { eventNames } from '../../components/event-names';
import { FilterBar, type FilterField } from '../../components/filter-bar';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { useUrlFilters } from '../../components/url-filters';
import { useLiveEvents } from './live-events';

/** What administrators mostly look for, besides one type. */
const groups = [
  { value: 'session.created,session.ended', label: 'Sessions begin and end' },
  {
    value: 'signin.failed,signin.after_failures,signin.new_device,signin.new_network,session.refresh_reused',
    label: 'Everything unusual',
  },
];

const fields: readonly FilterField[] = [
  { kind: 'choice', name: 'types', label: 'Show', options: [...groups, ...eventNames] },
];
const names = fields.map(({ name }) => name);

const connections = {
  open: { label: 'Live', color: 'teal' },
  connecting: { label: 'Connecting', color: 'gray' },
  lost: { label: 'Connection lost, trying again', color: 'yellow' },
} as const;

const whoAmI = () => api.GET('/api/v1/auth/session');

export default function LivePage() {
  const { filters, change, clear: clearFilters } = useUrlFilters(names);
  const live = useLiveEvents(filters.types ?? '', whoAmI);
  const { connection, isPaused, shown, waiting, hasGap } = live;
  const { label, color } = connections[connection];
  return (
    <>
      <PageHeader title="Live" intro="Everything that happens, on every instance, as it happens.">
        <Badge variant="dot" color={color} size="lg" component="output">
          {label}
        </Badge>
        <Button
          variant="default"
          leftSection={isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
          onClick={() => live.pause(!isPaused)}
        >
          {isPaused ? `Go on${waiting.length > 0 ? ` (${waiting.length} new)` : ''}` : 'Pause'}
        </Button>
        <Button variant="default" leftSection={<IconTrash size={16} />} onClick={live.clear}>
          Clear
        </Button>
      </PageHeader>
      <Panel isFlush>
        <FilterBar fields={fields} filters={filters} onChange={change} onClear={clearFilters} />
        {hasGap && (
          <Group px="lg" pb="sm">
            <Text size="sm" c="dimmed">
              The server could not tell what happened while the connection was lost. The audit can.
            </Text>
          </Group>
        )}
        {shown.length === 0 ? (
          <EmptyState
            icon={IconWaveSine}
            title="Nothing yet"
            text="What happens from now on shows here by itself. The audit has what was before."
          />
        ) : (
          <EventList events={shown} />
        )}
      </Panel>
    </>
  );
}
