import { timestamptz } from '@app/postgres';
import { sql } from 'drizzle-orm';
import { bigint, check, index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';

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
    disabledAt: timestamptz('disabled_at'),
    passwordChangeRequiredAt: timestamptz('password_change_required_at'),
    createdAt: timestamptz('created_at').notNull(),
    updatedAt: timestamptz('updated_at').notNull(),
    lastLoginAt: timestamptz('last_login_at'),
  },
  (table) => [
    unique('users_email_unique').on(table.emailNormalized),
    unique('users_username_unique').on(table.usernameNormalized),
    // For searches by the beginning of a name; unique indexes of texts serve those in the C locale only.
    index('users_email_prefix').on(table.emailNormalized.op('text_pattern_ops')),
    index('users_username_prefix').on(table.usernameNormalized.op('text_pattern_ops')),
    index('users_full_name_prefix').on(sql`lower(${table.fullName}) text_pattern_ops`),
    // Few rows, so they cost next to nothing.
    index('users_administrators')
      .on(table.id)
      .where(sql`${table.role} = 'admin'`),
    index('users_disabled')
      .on(table.id)
      .where(sql`${table.disabledAt} is not null`),
    check('users_role_known', sql`${table.role} in ('user', 'admin')`),
  ],
);
