import { instant } from '@app/http';
import { z } from 'zod';

const breaker = z.enum(['closed', 'open']);

export const systemView = z
  .object({
    readers: z.array(
      z.object({ name: z.string(), oldest_unread_at: instant.nullable(), lag_seconds: z.number() }),
    ),
    instances: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        started_at: instant,
        is_this_one: z.boolean(),
        is_fenced: z.boolean(),
        silent_ms: z.number(),
        transactions_behind: z.number().nullable(),
      }),
    ),
    jobs: z.array(z.object({ name: z.string(), last_run_at: instant, has_succeeded: z.boolean() })),
    feed: z.object({ age_ms: z.number(), mode: z.string() }),
    redis: z.object({ configured: z.boolean(), available: z.boolean(), breaker }),
    postgres: z.object({
      pool: z.object({ total: z.int(), idle: z.int(), waiting: z.int() }),
      breaker,
    }),
  })
  .meta({ id: 'System' });

export const systemExample: z.input<typeof systemView> = {
  readers: [{ name: 'mail', oldest_unread_at: null, lag_seconds: 0 }],
  instances: [
    {
      id: '5b0c7e1a-3f2d-4b5c-9a61-0d1f6a7b8c9d',
      name: 'api-1:3000',
      started_at: '2026-11-20T09:00:00.000Z',
      is_this_one: true,
      is_fenced: false,
      silent_ms: 120,
      transactions_behind: 3,
    },
  ],
  jobs: [{ name: 'cleanup', last_run_at: '2026-11-20T09:30:00.000Z', has_succeeded: true }],
  feed: { age_ms: 131, mode: 'normal' },
  redis: { configured: true, available: true, breaker: 'closed' },
  postgres: { pool: { total: 4, idle: 4, waiting: 0 }, breaker: 'closed' },
};

export const settingsView = z
  .object({ settings: z.record(z.string(), z.unknown()) })
  .meta({ id: 'Settings' });

export const settingsExample: z.input<typeof settingsView> = {
  settings: { logLevel: 'info', secretKey: '[set]', sessions: { limit: 5, limitPolicy: 'evict_oldest' } },
};
