import { timestamptz } from '@app/postgres';
import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';

export const revokedTokensTable = pgTable(
  'revoked_tokens',
  {
    jti: text('jti').primaryKey(),
    userId: uuid('user_id').notNull(),
    sessionId: text('session_id'),
    expiresAt: timestamptz('expires_at').notNull(),
  },
  (table) => [
    index('revoked_tokens_expires_at').on(table.expiresAt),
    index('revoked_tokens_session').on(table.sessionId),
  ],
);
