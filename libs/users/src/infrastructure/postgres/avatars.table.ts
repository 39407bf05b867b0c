import { bytea, timestamptz } from '@app/postgres';
import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { usersTable } from './users.table.js';

/** Some 10 KB each: less than what a second store would cost to run, back up and keep in step. */
export const avatarsTable = pgTable(
  'avatars',
  {
    userId: uuid('user_id')
      .primaryKey()
      .references(() => usersTable.id, { onDelete: 'cascade' }),
    hash: text('hash').notNull(),
    image: bytea('image').notNull(),
    createdAt: timestamptz('created_at').notNull(),
  },
  (table) => [unique('avatars_hash_unique').on(table.hash)],
);
