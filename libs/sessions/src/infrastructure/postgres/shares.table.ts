import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const instant = (name: string) => timestamp(name, { withTimezone: true });

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
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    redeemedAt: instant('redeemed_at'),
    revokedAt: instant('revoked_at'),
    sessionId: text('session_id'),
  },
  (table) => [
    index('session_shares_user').on(table.userId, table.createdAt),
    index('session_shares_expires_at').on(table.expiresAt),
  ],
);
