import { Anchor } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Schema } from '../../api/client';
import { type Column, DataTable } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { ErrorState } from '../../components/error-state';
import { Pager } from '../../components/pager';
import { Panel } from '../../components/panel';
import { Time } from '../../components/time';
import { hitsQuery } from './limits-api';

type Hit = Schema['AuditRecord'];

function textOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

const columns: readonly Column<Hit>[] = [
  { header: 'When', cell: ({ at }) => <Time at={at} /> },
  { header: 'Policy', cell: ({ details }) => textOf(details.policy) ?? '–' },
  {
    header: 'Who',
    cell: ({ ip_address: address, user_id: userId }) =>
      userId === null ? (
        (address ?? '–')
      ) : (
        <Anchor component={Link} to={`/admin/users/${userId}`} size="sm">
          {address ?? userId}
        </Anchor>
      ),
  },
];

/** Whom limits have refused. */
export function LimitHits() {
  const [trail, setTrail] = useState<readonly (string | null)[]>([null]);
  const { data, error, refetch } = useQuery(hitsQuery(trail.at(-1) ?? null));
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <Panel title="Refused lately" isFlush>
      <DataTable
        label="Refused lately"
        columns={columns}
        rows={data?.records}
        keyOf={({ seq }) => String(seq)}
        empty={<EmptyState icon={IconShieldCheck} title="Nobody has reached a limit" />}
      />
      <Pager
        shown={data ? `${data.count} shown` : 'Loading…'}
        isFirst={trail.length === 1}
        next={data?.next_page_token ?? null}
        onPrevious={() => setTrail(trail.slice(0, -1))}
        onNext={(token) => setTrail([...trail, token])}
      />
    </Panel>
  );
}
