import { Alert, Stack, Text } from '@mantine/core';
import { IconShieldOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Schema } from '../../api/client';
import { type Column, DataTable } from '../../components/data-table';
import { ErrorState } from '../../components/error-state';
import { PageHeader } from '../../components/page-header';
import { Panel } from '../../components/panel';
import { duration } from '../../components/time';
import { limitsQuery } from './limits-api';
import { LimitHits } from './limit-hits';
import { StandingPanel } from './standing-panel';

type Policy = Schema['RateLimitPolicy'];

/** "10 per 1 minute"; of a bucket "20 per 1 s, up to 60 at once". */
function allowance({ limit, rate, seconds }: Policy): string {
  if (rate === null) return `${limit} per ${duration(seconds)}`;
  return `${rate} per ${duration(seconds)}, up to ${limit} at once`;
}

const columns: readonly Column<Policy>[] = [
  {
    header: 'Policy',
    cell: ({ name }) => (
      <Text size="sm" fw={600}>
        {name}
      </Text>
    ),
  },
  { header: 'Counts', cell: ({ counts }) => counts },
  { header: 'Allows', cell: allowance },
  {
    header: 'Setting',
    isSecondary: true,
    cell: ({ setting }) => (
      <Text size="sm" ff="monospace" fz={13}>
        {setting}
      </Text>
    ),
  },
];

export default function LimitsPage() {
  const { data, error, refetch } = useQuery(limitsQuery());
  return (
    <Stack gap="md">
      <PageHeader
        title="Rate limits"
        intro="How much of what is let through, and how somebody stands to it."
      />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data?.enabled === false && (
        <Alert color="yellow" icon={<IconShieldOff size={18} />} title="Limits are off">
          RATE_LIMIT_ENABLED is false: nothing is refused, however often it is asked.
        </Alert>
      )}
      {!error && (
        <Panel title="Policies" isFlush>
          <DataTable
            label="Policies"
            columns={columns}
            rows={data?.policies}
            keyOf={({ name }) => name}
            empty={null}
          />
        </Panel>
      )}
      <StandingPanel />
      <LimitHits />
    </Stack>
  );
}
