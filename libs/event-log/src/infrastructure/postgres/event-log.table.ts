import { timestamptz } from '@app/postgres';
import { sql } from 'drizzle-orm';
import { bigint, customType, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';

const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });

/**
 * Readers go by `xid`, not by `id`: a sequence number is taken before the commit, so a reader of numbers would
 * skip a row whose transaction commits late. The transaction id together with a snapshot has no such gap.
 */
export const eventLogTable = pgTable(
  'event_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    xid: xid8('xid')
      .notNull()
      .default(sql`pg_current_xact_id()`),
    type: text('type').notNull(),
    userId: uuid('user_id'),
    sessionId: text('session_id'),
    tokenId: text('token_id'),
    gen: bigint('gen', { mode: 'number' }),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    createdAt: timestamptz('created_at').notNull(),
  },
  (table) => [
    index('event_log_xid').on(table.xid, table.id),
    index('event_log_user').on(table.userId, table.id),
    index('event_log_created_at').on(table.createdAt),
  ],
);
