import { instant } from '@app/http';
import { z } from 'zod';
import { propagation } from '../auth/auth.schemas.js';
import { sessionExample, sessionView } from '../sessions/sessions.schemas.js';
import { reason } from './act.js';
import { bulkFilter } from './session-filter.schemas.js';

export const adminSessionView = sessionView
  .extend({
    state: z.enum(['live', 'ended', 'expired']),
    profile: z.enum(['standard', 'strict', 'admin', 'remember']),
    scope: z.enum(['full', 'read', 'password']),
    idle_expires_at: instant,
    end_reason: z.string().nullable(),
    ended_at: instant.nullable(),
  })
  .meta({ id: 'AdminSession' });

export const adminSessionListView = z
  .object({ sessions: z.array(adminSessionView), count: z.int(), next_page_token: z.string().nullable() })
  .meta({ id: 'AdminSessionList' });

export const adminSessionExample: z.input<typeof adminSessionView> = {
  ...sessionExample,
  is_current: false,
  state: 'live',
  profile: 'standard',
  scope: 'full',
  idle_expires_at: '2026-11-20T21:05:00.000Z',
  end_reason: null,
  ended_at: null,
};

export const bulkEndBody = z
  .strictObject({
    filter: bulkFilter,
    dry_run: z.boolean('must be true or false'),
    expected_count: z.int('must be a whole number').min(0, 'must be at least 0').optional(),
    reason,
  })
  .meta({
    id: 'BulkEndRequest',
    example: {
      filter: { network: '203.0.113.0/24', created_after: '2026-11-20T00:00:00Z' },
      dry_run: false,
      expected_count: 42,
      reason: 'ticket 4711',
    },
  });
export type BulkEndBody = z.infer<typeof bulkEndBody>;

const bulkEnd = z.object({
  id: z.string(),
  state: z.enum(['running', 'done']),
  /** When the order was taken. */
  matched: z.int(),
  ended: z.int(),
  /** Attempts that failed and were made again. */
  failed: z.int(),
  propagation,
  created_at: instant,
  finished_at: instant.nullable(),
  created_by: z.string().nullable(),
  reason: z.string().nullable(),
});

export const bulkEndView = bulkEnd.meta({ id: 'BulkEnd' });

/** A dry run has no `order`, and an order an empty `sample`. */
export const bulkAnswerView = z
  .object({ count: z.int(), sample: z.array(adminSessionView), order: bulkEnd.optional() })
  .meta({ id: 'BulkEndAnswer' });

export const bulkEndExample: z.input<typeof bulkEndView> = {
  id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d12',
  state: 'running',
  matched: 42,
  ended: 0,
  failed: 0,
  propagation: 'pending',
  created_at: '2026-11-20T09:30:00.000Z',
  finished_at: null,
  created_by: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11',
  reason: 'ticket 4711',
};
