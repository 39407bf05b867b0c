import { bigint, integer, pgTable } from 'drizzle-orm/pg-core';

/** One row: the highest transaction and the highest event that have been removed. Without it nothing has. */
export const logPurgesTable = pgTable('event_log_purges', {
  id: integer('id').primaryKey(),
  xid: bigint('xid', { mode: 'number' }).notNull(),
  lastId: bigint('last_id', { mode: 'number' }).notNull(),
});
