import { Button, Group } from '@mantine/core';
import { IconDownload, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { DataTable } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { eventNames } from '../../components/event-names';
import { type FilterField, FilterBar } from '../../components/filter-bar';
import { PageHeader } from '../../components/page-header';
import { Pager } from '../../components/pager';
import { Panel } from '../../components/panel';
import { useUrlFilters } from '../../components/url-filters';
import { auditQuery, exportAddress } from './audit-api';
import { auditColumns } from './audit-columns';
import { ChainState } from './chain-state';

const fields: readonly FilterField[] = [
  { kind: 'choice', name: 'type', label: 'What', options: eventNames },
  { kind: 'text', name: 'actor_id', label: 'Who', placeholder: 'Id of a user' },
  { kind: 'text', name: 'user_id', label: 'Whom', placeholder: 'Id of a user' },
  { kind: 'text', name: 'session_id', label: 'Session', placeholder: 'Id of a session' },
  { kind: 'time', name: 'from', label: 'From' },
  { kind: 'time', name: 'to', label: 'Until' },
];
const names = fields.map(({ name }) => name);

export default function AuditPage() {
  const { filters, change, clear, token, isFirst, next, previous } = useUrlFilters(names);
  const { data, error, refetch, isPlaceholderData } = useQuery(auditQuery(filters, token));
  return (
    <>
      <PageHeader title="Audit" intro="Who did what to whom. Nothing here can be changed unnoticed.">
        <Button
          component="a"
          href={exportAddress(filters)}
          variant="default"
          leftSection={<IconDownload size={16} stroke={1.7} />}
        >
          Export
        </Button>
      </PageHeader>
      <ChainState />
      <Panel isFlush>
        <FilterBar fields={fields} filters={filters} onChange={change} onClear={clear} />
        {error ? (
          <Group p="lg">
            <ErrorState error={error} onRetry={() => void refetch()} />
          </Group>
        ) : (
          <div style={{ opacity: isPlaceholderData ? 0.6 : 1 }}>
            <DataTable
              label="Audit"
              columns={auditColumns}
              rows={data?.records}
              keyOf={({ seq }) => String(seq)}
              empty={<EmptyState icon={IconSearchOff} title="Nothing that meets this was recorded" />}
            />
          </div>
        )}
        <Pager
          shown={data ? `${data.count} shown` : 'Loading…'}
          isFirst={isFirst}
          next={data?.next_page_token ?? null}
          onPrevious={previous}
          onNext={next}
        />
      </Panel>
    </>
  );
}
