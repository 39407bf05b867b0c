import { timestamptz } from '@app/postgres';
import { index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** Subjects and accounts are digests under a key of the server: a dump tells no name and no address. */
export const signInFailuresTable = pgTable(
  'sign_in_failures',
  {
    subject: text('subject').primaryKey(),
    account: text('account').notNull(),
    /** Null where the name belongs to nobody. */
    userId: uuid('user_id'),
    failures: integer('failures').notNull(),
    waitUntil: timestamptz('wait_until').notNull(),
    forgottenAt: timestamptz('forgotten_at').notNull(),
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
    expiresAt: timestamptz('expires_at').notNull(),
  },
  (table) => [index('known_networks_expires_at').on(table.expiresAt)],
);

export const spentChallengesTable = pgTable(
  'spent_challenges',
  {
    id: text('id').primaryKey(),
    expiresAt: timestamptz('expires_at').notNull(),
  },
  (table) => [index('spent_challenges_expires_at').on(table.expiresAt)],
);
