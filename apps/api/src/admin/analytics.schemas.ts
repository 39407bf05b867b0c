import { type BucketName, bucketSeconds, type MetricName, metricNames } from '@app/analytics';
import { instant, moment } from '@app/http';
import { z } from 'zod';

const known: ReadonlySet<string> = new Set(metricNames);

const metricList = z
  .string('must be text')
  .max(400, 'must have at most 400 characters')
  .transform((text) => text.split(','))
  .refine((names): names is MetricName[] => names.every((name) => known.has(name)), {
    error: `must be a comma-separated list of: ${metricNames.join(', ')}`,
  })
  .transform((names) => [...new Set(names)]);

export const analyticsQuery = z.object({
  from: moment.optional().meta({
    description: 'The first bucket is the one that holds it; a day before `to` unless told.',
    example: '2026-11-20T00:00:00Z',
  }),
  to: moment.optional().meta({
    description: 'The last bucket is the one that ends with it or holds it; now unless told.',
    example: '2026-11-21T00:00:00Z',
  }),
  bucket: z
    .enum(Object.keys(bucketSeconds) as BucketName[], 'must be 5m, 1h or 1d')
    .default('1h')
    .meta({ description: 'Length of the buckets; days are UTC.' }),
  metrics: metricList.default([...metricNames]).meta({
    description: `Comma-separated; all unless told. ${metricNames.join(', ')}.`,
    example: 'sign_ins,sessions_ended',
  }),
});
export type AnalyticsQuery = z.infer<typeof analyticsQuery>;

const seriesView = z
  .object({
    metric: z.enum(metricNames),
    label: z.string().nullable(),
    total: z.number().nullable(),
    values: z.array(z.number().nullable()),
  })
  .meta({ id: 'AnalyticsSeries' });

export const analyticsView = z
  .object({
    from: instant,
    to: instant,
    bucket: z.enum(Object.keys(bucketSeconds) as BucketName[]),
    buckets: z.array(instant),
    series: z.array(seriesView),
    lag_seconds: z.number(),
  })
  .meta({ id: 'Analytics' });

export const analyticsExample: z.input<typeof analyticsView> = {
  from: '2026-11-20T08:00:00.000Z',
  to: '2026-11-20T11:00:00.000Z',
  bucket: '1h',
  buckets: ['2026-11-20T08:00:00.000Z', '2026-11-20T09:00:00.000Z', '2026-11-20T10:00:00.000Z'],
  series: [
    { metric: 'sign_ins', label: null, total: 31, values: [12, 0, 19] },
    { metric: 'sessions_ended', label: 'signout', total: 9, values: [4, 0, 5] },
    { metric: 'sessions_ended', label: 'limit', total: 1, values: [0, 0, 1] },
    { metric: 'session_length', label: 'p50', total: 1_800, values: [1_650, null, 1_950] },
    { metric: 'active_sessions', label: null, total: 64, values: [52, 52, 64] },
    { metric: 'cache_hit_rate', label: 'session', total: 0.9871, values: [0.9862, null, 0.9877] },
  ],
  lag_seconds: 0,
};

const tally = z.record(z.string(), z.int());

const recentView = z
  .object({
    sign_ins: z.int(),
    sign_in_failures: z.int(),
    users_created: z.int(),
    sessions_started: z.int(),
    sessions_ended: z.int(),
    sessions_ended_by_reason: tally,
    limit_hits: z.int(),
    limit_hits_by_policy: tally,
    cache_hit_rate: z.object({ session: z.number().nullable(), profile: z.number().nullable() }),
  })
  .meta({ id: 'RecentActivity' });
export type RecentView = z.input<typeof recentView>;

export const statsView = z
  .object({
    at: instant,
    active: z.object({ sessions: z.int(), users: z.int(), counted_at: instant }),
    last_hour: recentView,
    last_24_hours: recentView,
    lag_seconds: z.number(),
    revocations: z.object({
      feed_age_ms: z.number(),
      lag_ms: z.number().nullable(),
      instances: z.int(),
      mode: z.string(),
    }),
  })
  .meta({ id: 'Stats' });

const recentExample: RecentView = {
  sign_ins: 31,
  sign_in_failures: 4,
  users_created: 2,
  sessions_started: 33,
  sessions_ended: 10,
  sessions_ended_by_reason: { signout: 9, limit: 1 },
  limit_hits: 2,
  limit_hits_by_policy: { auth: 2 },
  cache_hit_rate: { session: 0.9871, profile: 0.93 },
};

export const statsExample: z.input<typeof statsView> = {
  at: '2026-11-20T10:42:07.120Z',
  active: { sessions: 64, users: 51, counted_at: '2026-11-20T10:42:06.031Z' },
  last_hour: recentExample,
  last_24_hours: { ...recentExample, sign_ins: 402, sessions_started: 431 },
  lag_seconds: 0,
  revocations: { feed_age_ms: 120, lag_ms: 180, instances: 3, mode: 'normal' },
};
