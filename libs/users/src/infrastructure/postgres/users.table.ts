import { sql } from 'drizzle-orm';
import { bigint, check, pgTable, text, timestamp, unique, uuid } from 'drizzle-orm/pg-core';

export const usersTable = pgTable(
  'users',
  {
    id: uuid('id').primaryKey(),
    email: text('email').notNull(),
    emailNormalized: text('email_normalized').notNull(),
    username: text('username'),
    usernameNormalized: text('username_normalized'),
    fullName: text('full_name'),
    role: text('role', { enum: ['user', 'admin'] }).notNull(),
    passwordHash: text('password_hash').notNull(),
    gen: bigint('gen', { mode: 'number' }).notNull().default(0),
    disabledAt: timestamp('disabled_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull(),
    lastLoginAt: timestamp('last_login_at', { withTimezone: true }),
  },
  (table) => [
    unique('users_email_unique').on(table.emailNormalized),
    unique('users_username_unique').on(table.usernameNormalized),
    check('users_role_known', sql`${table.role} in ('user', 'admin')`),
  ],
);
