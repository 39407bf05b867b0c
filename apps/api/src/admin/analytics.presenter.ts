import { beginsOf, type BucketName, type MetricName, type Report, type Series } from '@app/analytics';
import type { RecentView } from './analytics.schemas.js';

export function presentReport({ grid, series }: Report, bucket: BucketName, lagSeconds: number) {
  return {
    from: grid.from.toISOString(),
    to: grid.to.toISOString(),
    bucket,
    buckets: beginsOf(grid).map((at) => at.toISOString()),
    series: series.map(({ values, ...about }) => ({ ...about, values: [...values] })),
    lag_seconds: lagSeconds,
  };
}

/** What the whole time had, without its course. */
export function presentRecent(series: readonly Series[]): RecentView {
  const of = (metric: MetricName): readonly Series[] => series.filter((each) => each.metric === metric);
  const total = (metric: MetricName): number => of(metric).reduce((sum, each) => sum + each.total!, 0);
  const byLabel = (metric: MetricName) =>
    Object.fromEntries(of(metric).map((each) => [each.label!, each.total!]));
  const rate = (label: string): number | null =>
    of('cache_hit_rate').find((each) => each.label === label)?.total ?? null;
  return {
    sign_ins: total('sign_ins'),
    sign_in_failures: total('sign_in_failures'),
    users_created: total('users_created'),
    sessions_started: total('sessions_started'),
    sessions_ended: total('sessions_ended'),
    sessions_ended_by_reason: byLabel('sessions_ended'),
    limit_hits: total('limit_hits'),
    limit_hits_by_policy: byLabel('limit_hits'),
    cache_hit_rate: { session: rate('session'), profile: rate('profile') },
  };
}
