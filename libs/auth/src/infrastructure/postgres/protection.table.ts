import { index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Subjects and accounts are digests under a key of the server: a dump tells no name and no address. */
export const signInFailuresTable = pgTable(
  'sign_in_failures',
  {
    subject: text('subject').primaryKey(),
    account: text('account').notNull(),
    /** Null where the name belongs to nobody. */
    userId: uuid('user_id'),
    failures: integer('failures').notNull(),
    waitUntil: timestamp('wait_until', { withTimezone: true }).notNull(),
    forgottenAt: timestamp('forgotten_at', { withTimezone: true }).notNull(),
  },
  (table) => [
    index('sign_in_failures_account').on(table.account),
    index('sign_in_failures_forgotten_at').on(table.forgottenAt),
  ],
);

export const knownNetworksTable = pgTable(
  'known_networks',
  {
    subject: text('subject').primaryKey(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('known_networks_expires_at').on(table.expiresAt)],
);

export const spentChallengesTable = pgTable(
  'spent_challenges',
  {
    id: text('id').primaryKey(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
  },
  (table) => [index('spent_challenges_expires_at').on(table.expiresAt)],
);
