import { timestamptz } from '@app/postgres';
import { index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';

/** Orders to end all sessions that a filter matches, each with how far it is. */
export const bulkEndsTable = pgTable(
  'bulk_ends',
  {
    id: uuid('id').primaryKey(),
    filter: jsonb('filter').notNull(),
    by: uuid('by'),
    note: text('note'),
    /** The session that gave the order, which stays. */
    keep: text('keep'),
    state: text('state', { enum: ['running', 'done'] }).notNull(),
    /** Sessions that matched when the order was taken. */
    matched: integer('matched').notNull(),
    ended: integer('ended').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    /** Sessions that began later stay. */
    createdAt: timestamptz('created_at').notNull(),
    finishedAt: timestamptz('finished_at'),
    /** Place of the last session that was looked at. */
    placeAt: timestamptz('place_at'),
    placeId: text('place_id'),
  },
  (table) => [
    index('bulk_ends_running')
      .on(table.id)
      .where(sql`${table.state} = 'running'`),
  ],
);

/** Sessions that a bulk end has ended and that are not proven to be over on every instance. */
export const bulkEndBatchesTable = pgTable(
  'bulk_end_batches',
  {
    id: uuid('id').primaryKey(),
    bulkEndId: uuid('bulk_end_id').notNull(),
    sessions: jsonb('sessions').notNull(),
    createdAt: timestamptz('created_at').notNull(),
  },
  (table) => [index('bulk_end_batches_bulk_end').on(table.bulkEndId)],
);
