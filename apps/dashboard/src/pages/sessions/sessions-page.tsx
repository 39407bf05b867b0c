import { Button, Group } from '@mantine/core';
import { IconFilter, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../../components/empty-state';
import { ListPanel } from '../../components/list-panel';
import { PageHeader } from '../../components/page-header';
import { useUrlFilters } from '../../components/url-filters';
import { BulkEndDialog } from './bulk-end-dialog';
import { EndChosenDialog } from './end-chosen-dialog';
import { sessionColumns } from '../../components/session-columns';
import { filterNames, toBulkFilter, useSessionFields } from './session-filters';
import { type AdminSession, sessionsQuery } from './sessions-api';

const keyOf = ({ id }: AdminSession): string => id;
const canChoose = ({ state, is_current: isCurrent }: AdminSession): boolean => state === 'live' && !isCurrent;

export default function SessionsPage() {
  const list = useUrlFilters(filterNames);
  const query = useQuery(sessionsQuery(list.filters, list.token));
  const { fields, hasMore, toggle } = useSessionFields(list.filters);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<'chosen' | 'filter' | null>(null);
  const bulkFilter = toBulkFilter(list.filters);

  return (
    <>
      <PageHeader title="Sessions" intro="Of everybody, newest first.">
        {chosen.size > 0 && (
          <Button color="red.8" onClick={() => setDialog('chosen')}>
            End {chosen.size} chosen
          </Button>
        )}
        <Button
          variant="default"
          disabled={Object.keys(bulkFilter).length === 0}
          title="Set a filter first; what it finds can be ended together."
          onClick={() => setDialog('filter')}
        >
          End all that match…
        </Button>
      </PageHeader>
      <ListPanel
        label="Sessions"
        query={query}
        place={{
          ...list,
          next: (token) => {
            setChosen(new Set());
            list.next(token);
          },
        }}
        search={{ fields, ...list, more: toggle && <MoreFilters hasMore={hasMore} onToggle={toggle} /> }}
        rowsOf={({ sessions }) => sessions}
        keyOf={keyOf}
        columns={sessionColumns}
        selection={{ chosen, onChange: setChosen, canChoose, nameOf: ({ email }) => email ?? 'session' }}
        empty={<NoneFound isMore={(query.data?.next_page_token ?? null) !== null} />}
      />
      <EndChosenDialog
        ids={chosen}
        isOpen={dialog === 'chosen'}
        onClose={() => setDialog(null)}
        onDone={() => setChosen(new Set())}
      />
      {dialog === 'filter' && <BulkEndDialog filter={bulkFilter} onClose={() => setDialog(null)} />}
    </>
  );
}

interface MoreFiltersProps {
  readonly hasMore: boolean;
  readonly onToggle: () => void;
}

function MoreFilters({ hasMore, onToggle }: MoreFiltersProps) {
  return (
    <Group px="lg" pb="sm" mt={-8}>
      <Button size="compact-xs" variant="subtle" leftSection={<IconFilter size={13} />} onClick={onToggle}>
        {hasMore ? 'Fewer filters' : 'More filters'}
      </Button>
    </Group>
  );
}

function NoneFound({ isMore }: { readonly isMore: boolean }) {
  return isMore ? (
    <EmptyState
      icon={IconSearchOff}
      title="Nothing among those looked through so far"
      text="There are many sessions and the filter is rare. Next looks on."
    />
  ) : (
    <EmptyState
      icon={IconSearchOff}
      title="No session meets this"
      text="Take a filter away, or look for another state."
    />
  );
}
