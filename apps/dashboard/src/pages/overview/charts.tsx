import { AreaChart, BarChart } from '@mantine/charts';
import { Box } from '@mantine/core';
import type { ReactNode } from 'react';
import '@mantine/charts/styles.css';
import { Panel } from '../../components/panel';
import { ranges, type RangeName, type Report, seriesOf } from './overview-api';

const height = 210;

const formats = {
  '5m': new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }),
  '1h': new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  '1d': new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
} as const;

interface Line {
  readonly metric: Parameters<typeof seriesOf>[1];
  readonly name: string;
}

/** A row for each bucket, a member for each line. */
function rowsOf(report: Report, lines: readonly Line[]): Record<string, string | number | null>[] {
  const values = lines.map(({ metric, name }) => [name, seriesOf(report, metric)[0]?.values] as const);
  return report.buckets.map((at, index) => ({
    at: formats[report.bucket].format(new Date(at)),
    ...Object.fromEntries(values.map(([name, of]) => [name, of?.[index] ?? 0])),
  }));
}

interface ChartsProps {
  readonly report: Report;
  readonly range: RangeName;
}

const active: readonly Line[] = [{ metric: 'active_sessions', name: 'Sessions' }];
const signIns: readonly Line[] = [
  { metric: 'sign_ins', name: 'Signed in' },
  { metric: 'sign_in_failures', name: 'Failed' },
];

/** What went on over the range. */
export default function Charts({ report, range }: ChartsProps) {
  const over = `over ${ranges[range].label.toLowerCase()}`;
  return (
    <>
      <Panel title="Live sessions">
        <Figure label={`Live sessions ${over}`}>
          <AreaChart
            h={height}
            data={rowsOf(report, active)}
            dataKey="at"
            series={[{ name: 'Sessions', color: 'brand.6' }]}
            curveType="monotone"
            withDots={false}
            gridAxis="x"
            tickLine="none"
            strokeWidth={2}
          />
        </Figure>
      </Panel>
      <Panel title="Sign-ins">
        <Figure label={`Sign-ins ${over}`}>
          <BarChart
            h={height}
            data={rowsOf(report, signIns)}
            dataKey="at"
            type="stacked"
            series={[
              { name: 'Signed in', color: 'brand.6' },
              { name: 'Failed', color: 'orange.6' },
            ]}
            gridAxis="x"
            tickLine="none"
            withLegend
          />
        </Figure>
      </Panel>
    </>
  );
}

/** The charts have no role of their own, and so no name for screen readers. */
function Figure({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <Box component="figure" m={0} aria-label={label}>
      {children}
    </Box>
  );
}
