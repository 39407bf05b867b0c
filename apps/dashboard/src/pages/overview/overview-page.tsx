import { SegmentedControl, SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { endReasonName } from '../../components/end-reasons';
import { ErrorState } from '../../components/error-state';
import { PageHeader } from '../../components/page-header';
import { useUrlFilters } from '../../components/url-filters';
import { Breakdown } from './breakdown';
import { isRange, ranges, reportQuery, seriesOf, statsQuery } from './overview-api';
import { StatCards } from './stat-cards';
import { SystemPanel } from './system-panel';

const Charts = lazy(() => import('./charts'));

const names = ['range'];
const choices = Object.entries(ranges).map(([value, { label }]) => ({ value, label }));

function browserName(label: string): string {
  return label === 'other' ? 'Something else' : label;
}

export default function OverviewPage() {
  const { filters, change } = useUrlFilters(names);
  const range = isRange(filters.range) ? filters.range : '24h';
  const { data: stats, error, refetch } = useQuery(statsQuery);
  const { data: report } = useQuery(reportQuery(range));
  return (
    <>
      <PageHeader title="Overview" intro="Who is signed in, and how the installation is doing.">
        <SegmentedControl
          size="xs"
          data={choices}
          value={range}
          onChange={(to) => change({ range: to })}
          aria-label="Range of the charts"
        />
      </PageHeader>
      <Stack gap="md">
        {error && <ErrorState error={error} onRetry={() => void refetch()} />}
        <StatCards stats={stats} />
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
          <Suspense fallback={<Skeleton h={270} radius="lg" />}>
            {report ? <Charts report={report} range={range} /> : <Skeleton h={270} radius="lg" />}
          </Suspense>
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, md: 2, lg: 3 }} spacing="md">
          <Breakdown
            title="Why sessions ended"
            series={report ? seriesOf(report, 'sessions_ended') : []}
            nameOf={endReasonName}
            empty="None has ended in this time."
          />
          <Breakdown
            title="Browsers of new sessions"
            series={report ? seriesOf(report, 'browsers') : []}
            nameOf={browserName}
            empty="Nobody has signed in in this time."
          />
          <SystemPanel />
        </SimpleGrid>
      </Stack>
    </>
  );
}
