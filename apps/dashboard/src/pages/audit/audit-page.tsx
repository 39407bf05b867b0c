import { Button } from '@mantine/core';
import { IconDownload, IconSearchOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '../../components/empty-state';
import { eventNames } from '../../components/event-names';
import type { FilterField } from '../../components/filter-bar';
import { ListPanel } from '../../components/list-panel';
import { PageHeader } from '../../components/page-header';
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
  const list = useUrlFilters(names);
  const query = useQuery(auditQuery(list.filters, list.token));
  return (
    <>
      <PageHeader title="Audit" intro="Who did what to whom. Nothing here can be changed unnoticed.">
        <Button
          component="a"
          href={exportAddress(list.filters)}
          variant="default"
          leftSection={<IconDownload size={16} stroke={1.7} />}
        >
          Export
        </Button>
      </PageHeader>
      <ChainState />
      <ListPanel
        label="Audit"
        query={query}
        place={list}
        search={{ fields, ...list }}
        rowsOf={({ records }) => records}
        keyOf={({ seq }) => String(seq)}
        columns={auditColumns}
        empty={<EmptyState icon={IconSearchOff} title="Nothing that meets this was recorded" />}
      />
    </>
  );
}
