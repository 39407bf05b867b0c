import { Anchor, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Column } from '../../components/data-table';
import { endReasonName } from '../../components/end-reasons';
import { eventName } from '../../components/event-names';
import { Time } from '../../components/time';
import type { AuditRecord } from './audit-api';

const actors = { command: 'A command', system: 'Rollcall', unknown: 'Unknown' } as const;

function shortId(id: string): string {
  return id.length > 13 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

function Person({ id }: { readonly id: string }) {
  return (
    <Anchor component={Link} to={`/admin/users/${id}`} size="sm" ff="monospace" fz={13} title={id}>
      {shortId(id)}
    </Anchor>
  );
}

function actorOf({ actor_kind: kind, actor_id: id, user_id: userId }: AuditRecord): ReactNode {
  if (kind !== 'user') return actors[kind];
  if (id === null) return 'A person';
  return id === userId ? 'Themselves' : <Person id={id} />;
}

/** A point in time in the zone of this machine; anything else as it is. */
function inWords(value: string | number | boolean): string {
  const isInstant = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
  return isInstant ? new Date(value).toLocaleString() : String(value);
}

/** The reason an administrator gave, and what else the event tells. */
function aboutOf({ reason, details }: AuditRecord): string {
  const facts = Object.entries(details).flatMap(([name, value]) => {
    if (name === 'reason' && typeof value === 'string') return [endReasonName(value)];
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain ? [`${name.replaceAll('_', ' ')}: ${inWords(value)}`] : [];
  });
  return [...(reason === null ? [] : [`“${reason}”`]), ...facts].join(' · ');
}

export const auditColumns: readonly Column<AuditRecord>[] = [
  {
    header: 'No.',
    isSecondary: true,
    cell: ({ seq, hash }) => (
      <Text size="sm" c="dimmed" ff="monospace" fz={13} title={`Hash ${hash}`}>
        {seq}
      </Text>
    ),
  },
  { header: 'When', cell: ({ at }) => <Time at={at} /> },
  {
    header: 'What',
    cell: ({ type }) => (
      <Text size="sm" fw={600} title={type}>
        {eventName(type)}
      </Text>
    ),
  },
  { header: 'Who', cell: actorOf },
  { header: 'Whom', cell: ({ user_id: id }) => (id === null ? '–' : <Person id={id} />) },
  {
    header: 'From',
    isSecondary: true,
    cell: ({ ip_address: address }) => (
      <Text size="sm" ff="monospace" fz={13}>
        {address ?? '–'}
      </Text>
    ),
  },
  {
    header: 'About',
    cell: (record) => (
      <Text size="sm" c="dimmed" maw={420} style={{ overflowWrap: 'anywhere' }}>
        {aboutOf(record)}
      </Text>
    ),
  },
];
