import { bytea, timestamptz } from '@app/postgres';
import { sql } from 'drizzle-orm';
import { check, pgTable, text } from 'drizzle-orm/pg-core';

/** Services that may ask about tokens. Of a secret only a keyed digest is here. */
export const oauthClientsTable = pgTable(
  'oauth_clients',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    kind: text('kind').notNull(),
    secretDigest: bytea('secret_digest').notNull(),
    previousSecretDigest: bytea('previous_secret_digest'),
    createdAt: timestamptz('created_at').notNull(),
    secretChangedAt: timestamptz('secret_changed_at').notNull(),
    disabledAt: timestamptz('disabled_at'),
  },
  (table) => [check('oauth_clients_kind_known', sql`${table.kind} in ('resource', 'application')`)],
);
