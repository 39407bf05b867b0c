import { bigint, pgTable, text } from 'drizzle-orm/pg-core';

/** How far each reader of the event log has come. */
export const logReadersTable = pgTable('log_readers', {
  name: text('name').primaryKey(),
  /** Every transaction below has been read. */
  position: bigint('position', { mode: 'number' }).notNull(),
  /** Of those between `position` and here it has read the events up to `last_id`. */
  horizon: bigint('horizon', { mode: 'number' }),
  lastId: bigint('last_id', { mode: 'number' }),
});
