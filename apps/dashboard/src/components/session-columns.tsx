import { Anchor, Badge, Group, Text } from '@mantine/core';
import { Link } from 'react-router';
import type { Column } from './data-table';
import { DeviceIcon, deviceName } from './device';
import { SessionState } from './state-badge';
import { Time } from './time';
import type { Schema } from '../api/client';

export const sessionColumns: readonly Column<Schema['AdminSession']>[] = [
  {
    header: 'Person',
    cell: ({ id, email, user_id: userId, is_current: isCurrent, label }) => (
      <Group gap={6} wrap="nowrap">
        <Anchor component={Link} to={`/admin/sessions/${id}`} size="sm" fw={600}>
          {email ?? userId}
        </Anchor>
        {isCurrent && (
          <Badge size="xs" variant="light" color="brand">
            You
          </Badge>
        )}
        {label !== null && (
          <Badge size="xs" variant="light" color="gray">
            {label}
          </Badge>
        )}
      </Group>
    ),
  },
  {
    header: 'Device',
    cell: ({ device, user_agent: agent }) => (
      <Group gap="xs" wrap="nowrap" title={agent ?? undefined}>
        <DeviceIcon kind={device.kind} size={26} />
        <Text size="sm" style={{ whiteSpace: 'nowrap' }}>
          {deviceName(device)}
        </Text>
      </Group>
    ),
  },
  {
    header: 'Address',
    cell: ({ ip_address: address }) => (
      <Text size="sm" ff="monospace" fz={13}>
        {address}
      </Text>
    ),
  },
  { header: 'Signed in', isSecondary: true, cell: ({ created_at: at }) => <Time at={at} /> },
  { header: 'Last used', cell: ({ last_access: at }) => <Time at={at} /> },
  {
    header: 'Requests',
    align: 'end',
    isSecondary: true,
    cell: ({ request_count: count }) => count.toLocaleString(),
  },
  { header: 'State', cell: ({ state, end_reason: reason }) => <SessionState {...{ state, reason }} /> },
];
