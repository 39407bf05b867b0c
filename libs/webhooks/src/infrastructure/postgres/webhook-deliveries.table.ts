import { timestamptz } from '@app/postgres';
import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  index,
  integer,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { webhookEndpointsTable } from './webhook-endpoints.table.js';

/**
 * One row per endpoint and message. Of each lane one row at most has a time for its next try; the others wait without one, so
 * looking for what is due never meets them, however many there are.
 */
export const webhookDeliveriesTable = pgTable(
  'webhook_deliveries',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    endpointId: uuid('endpoint_id')
      .notNull()
      .references(() => webhookEndpointsTable.id),
    messageId: text('message_id').notNull(),
    eventId: bigint('event_id', { mode: 'number' }),
    type: text('type').notNull(),
    lane: text('lane'),
    /** Order within the lane; a new one each time it begins anew. */
    turn: bigserial('turn', { mode: 'number' }).notNull(),
    body: text('body').notNull(),
    state: text('state').notNull(),
    queuedAt: timestamptz('queued_at').notNull(),
    nextTryAt: timestamptz('next_try_at'),
    takenUntil: timestamptz('taken_until'),
    /** Never falls: the result of a try counts under its number only. */
    attempts: integer('attempts').notNull().default(0),
    /** Of these tries so many count no more, because it was begun anew. */
    forgiven: integer('forgiven').notNull().default(0),
    lastTryAt: timestamptz('last_try_at'),
    lastStatus: integer('last_status'),
    lastError: text('last_error'),
    lastDurationMs: integer('last_duration_ms'),
    lastExcerpt: text('last_excerpt'),
    finishedAt: timestamptz('finished_at'),
  },
  (table) => [
    unique('webhook_deliveries_once').on(table.endpointId, table.messageId),
    index('webhook_deliveries_due')
      .on(table.endpointId, table.nextTryAt, table.turn)
      .where(sql`${table.nextTryAt} is not null`),
    // A fence behind the locks: two at once of one lane would arrive in any order.
    uniqueIndex('webhook_deliveries_one_of_lane')
      .on(table.endpointId, table.lane)
      .where(sql`${table.nextTryAt} is not null and ${table.lane} is not null`),
    index('webhook_deliveries_lane')
      .on(table.endpointId, table.lane, table.turn)
      .where(sql`${table.finishedAt} is null`),
    index('webhook_deliveries_of_endpoint').on(table.endpointId, table.id),
    index('webhook_deliveries_state')
      .on(table.endpointId, table.state, table.id)
      .where(sql`${table.state} <> 'delivered'`),
    index('webhook_deliveries_finished')
      .on(table.finishedAt)
      .where(sql`${table.finishedAt} is not null`),
  ],
);
