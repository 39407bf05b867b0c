import { timestamptz } from '@app/postgres';
import { bigint, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';

/** One row for each bucket, metric and label with anything to count. */
export const rollupsTable = pgTable(
  'rollups',
  {
    /** 0: measured by instances. The others: counted from the log; see `rollup_state`. */
    setId: integer('set_id').notNull(),
    /** Length of the bucket in seconds. */
    seconds: integer('seconds').notNull(),
    metric: text('metric').notNull(),
    /** When it begins. */
    bucket: timestamptz('bucket').notNull(),
    label: text('label').notNull(),
    count: bigint('count', { mode: 'number' }).notNull(),
    /** Sum of what was measured with each, in whole seconds: floating sums would depend on their order. */
    amount: bigint('amount', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.setId, table.seconds, table.metric, table.bucket, table.label] })],
);

/** Who has been counted in which bucket; forgotten when no more can come. */
export const rollupUsersTable = pgTable(
  'rollup_users',
  {
    setId: integer('set_id').notNull(),
    bucket: timestamptz('bucket').notNull(),
    seconds: integer('seconds').notNull(),
    userId: uuid('user_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.setId, table.bucket, table.seconds, table.userId] })],
);

/** One row at most; without it set 1 is shown and none is being built. */
export const rollupStateTable = pgTable('rollup_state', {
  id: integer('id').primaryKey(),
  shown: integer('shown').notNull(),
  building: integer('building'),
  /** Where the log began when the set was built; of earlier buckets the set before is right. Null: it can go as it is. */
  logBeganAt: timestamptz('log_began_at'),
});
