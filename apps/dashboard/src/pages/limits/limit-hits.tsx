import { Anchor } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Schema } from '../../api/client';
import type { Column } from '../../components/data-table';
import { EmptyState } from '../../components/empty-state';
import { ListPanel } from '../../components/list-panel';
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
  const query = useQuery(hitsQuery(trail.at(-1) ?? null));
  const place = {
    isFirst: trail.length === 1,
    previous: () => setTrail(trail.slice(0, -1)),
    next: (token: string) => setTrail([...trail, token]),
  };
  return (
    <ListPanel
      title="Refused lately"
      label="Refused lately"
      query={query}
      place={place}
      rowsOf={({ records }) => records}
      keyOf={({ seq }) => String(seq)}
      columns={columns}
      empty={<EmptyState icon={IconShieldCheck} title="Nobody has reached a limit" />}
    />
  );
}
