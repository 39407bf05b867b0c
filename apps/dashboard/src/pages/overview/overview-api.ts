import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { now } from '../../app/clock';
import { api, dataOf, type Schema } from '../../api/client';

export type Stats = Schema['Stats'];
export type System = Schema['System'];
export type Report = Schema['Analytics'];
export type Series = Schema['AnalyticsSeries'];

const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

/** What the charts can show, and in how large steps. */
export const ranges = {
  '6h': { label: '6 hours', ms: 6 * hour, bucket: '5m' },
  '24h': { label: '24 hours', ms: day, bucket: '1h' },
  '7d': { label: '7 days', ms: 7 * day, bucket: '1h' },
  '30d': { label: '30 days', ms: 30 * day, bucket: '1d' },
  '1y': { label: 'A year', ms: 365 * day, bucket: '1d' },
} as const;
export type RangeName = keyof typeof ranges;

export function isRange(text: string | undefined): text is RangeName {
  return text !== undefined && text in ranges;
}

const liveMs = 5 * second;

export const statsQuery = queryOptions({
  queryKey: ['admin-stats'],
  queryFn: () => dataOf(api.GET('/api/v1/admin/stats')),
  refetchInterval: liveMs,
});

export const systemQuery = queryOptions({
  queryKey: ['admin-system'],
  queryFn: () => dataOf(api.GET('/api/v1/admin/system')),
  refetchInterval: liveMs,
});

const metrics = ['active_sessions', 'sign_ins', 'sign_in_failures', 'sessions_ended', 'browsers'].join(',');

export const reportQuery = (range: RangeName) =>
  queryOptions({
    queryKey: ['admin-analytics', range],
    queryFn: () => {
      const { ms, bucket } = ranges[range];
      const query = { from: new Date(now() - ms).toISOString(), bucket, metrics };
      return dataOf(api.GET('/api/v1/admin/analytics', { params: { query } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: 30 * second,
  });

/** Of one metric, all labels. */
export function seriesOf({ series }: Report, metric: Series['metric']): readonly Series[] {
  return series.filter((each) => each.metric === metric);
}
