import { timestamptz } from '@app/postgres';
import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';

/** One row per event and address; what is over is forgotten after a week. */
export const alertOutboxTable = pgTable(
  'mail_outbox',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    eventId: bigint('event_id', { mode: 'number' }).notNull(),
    userId: uuid('user_id').notNull(),
    kind: text('kind').notNull(),
    recipient: text('recipient').notNull(),
    facts: jsonb('facts').notNull(),
    happenedAt: timestamptz('happened_at').notNull(),
    nextTryAt: timestamptz('next_try_at').notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** Codes of the last failure. */
    lastError: text('last_error'),
    closedAt: timestamptz('closed_at'),
    outcome: text('outcome'),
  },
  (table) => [
    unique('mail_outbox_once').on(table.eventId, table.recipient),
    index('mail_outbox_due')
      .on(table.nextTryAt, table.id)
      .where(sql`${table.closedAt} is null`),
    index('mail_outbox_closed')
      .on(table.closedAt)
      .where(sql`${table.closedAt} is not null`),
  ],
);
