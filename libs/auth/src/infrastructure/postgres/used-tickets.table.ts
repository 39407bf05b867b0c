import { index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const usedTicketsTable = pgTable(
  'used_tickets',
  {
    id: text('id').primaryKey(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('used_tickets_expires_at').on(table.expiresAt)],
);
