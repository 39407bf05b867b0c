import { Button, Group } from '@mantine/core';
import { IconFilter, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DataTable } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { FilterBar } from '../../components/filter-bar';
import { PageHeader } from '../../components/page-header';
import { Pager } from '../../components/pager';
import { Panel } from '../../components/panel';
import { useUrlFilters } from '../../components/url-filters';
import { BulkEndDialog } from './bulk-end-dialog';
import { EndChosenDialog } from './end-chosen-dialog';
import { sessionColumns } from '../../components/session-columns';
import { filterNames, toBulkFilter, useSessionFields } from './session-filters';
import { type AdminSession, sessionsQuery } from './sessions-api';

const keyOf = ({ id }: AdminSession): string => id;
const canChoose = ({ state, is_current: isCurrent }: AdminSession): boolean => state === 'live' && !isCurrent;

export default function SessionsPage() {
  const { filters, change, clear, token, isFirst, next, previous } = useUrlFilters(filterNames);
  const { data, error, refetch, isPlaceholderData } = useQuery(sessionsQuery(filters, token));
  const { fields, hasMore, toggle } = useSessionFields(filters);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [dialog, setDialog] = useState<'chosen' | 'filter' | null>(null);
  const bulkFilter = toBulkFilter(filters);
  const nextToken = data?.next_page_token ?? null;

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
      <Panel isFlush>
        <FilterBar fields={fields} filters={filters} onChange={change} onClear={clear} />
        {toggle && (
          <Group px="lg" pb="sm" mt={-8}>
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={<IconFilter size={13} />}
              onClick={toggle}
            >
              {hasMore ? 'Fewer filters' : 'More filters'}
            </Button>
          </Group>
        )}
        {error ? (
          <Group p="lg">
            <ErrorState error={error} onRetry={() => void refetch()} />
          </Group>
        ) : (
          <div style={{ opacity: isPlaceholderData ? 0.6 : 1 }}>
            <DataTable
              label="Sessions"
              columns={sessionColumns}
              rows={data?.sessions}
              keyOf={keyOf}
              selection={{
                chosen,
                onChange: setChosen,
                canChoose,
                nameOf: ({ email }) => email ?? 'session',
              }}
              empty={<NoneFound isMore={nextToken !== null} />}
            />
          </div>
        )}
        <Pager
          shown={data ? `${data.count} shown` : 'Loading…'}
          isFirst={isFirst}
          next={nextToken}
          onPrevious={previous}
          onNext={(to) => {
            setChosen(new Set());
            next(to);
          }}
        />
      </Panel>
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
