import { timestamptz } from '@app/postgres';
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** Links by which a session may be shared once; a redeemed one has become a session of its own. */
export const sharesTable = pgTable(
  'session_shares',
  {
    id: uuid('id').primaryKey(),
    userId: uuid('user_id').notNull(),
    parentId: text('parent_id').notNull(),
    /** SHA-256 of the token in the link. */
    tokenHash: text('token_hash').notNull().unique(),
    label: text('label').notNull(),
    createdAt: timestamptz('created_at').notNull(),
    expiresAt: timestamptz('expires_at').notNull(),
    redeemedAt: timestamptz('redeemed_at'),
    revokedAt: timestamptz('revoked_at'),
    sessionId: text('session_id'),
  },
  (table) => [
    index('session_shares_user').on(table.userId, table.createdAt),
    index('session_shares_expires_at').on(table.expiresAt),
  ],
);
