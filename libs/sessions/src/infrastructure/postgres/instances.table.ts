import { timestamptz } from '@app/postgres';
import { bigint, boolean, customType, jsonb, pgTable, text } from 'drizzle-orm/pg-core';

const pgSnapshot = customType<{ data: string }>({ dataType: () => 'pg_snapshot' });

/** One row per running instance; four small updates a second each, so the table stays tiny and hot. */
export const instancesTable = pgTable('instances', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** What its revocation map covers; null before the first round. */
  snapshot: pgSnapshot('snapshot'),
  /** The cache data it last verified; null while it has none. */
  redis: jsonb('redis'),
  beat: bigint('beat', { mode: 'number' }).notNull().default(0),
  fenced: boolean('fenced').notNull().default(false),
  startedAt: timestamptz('started_at').notNull().defaultNow(),
});
