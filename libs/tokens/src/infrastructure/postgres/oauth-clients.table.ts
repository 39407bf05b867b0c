import { sql } from 'drizzle-orm';
import { check, customType, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

const instant = (name: string) => timestamp(name, { withTimezone: true });

/** Services that may ask about tokens. Of a secret only a keyed digest is here. */
export const oauthClientsTable = pgTable(
  'oauth_clients',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    kind: text('kind').notNull(),
    secretDigest: bytea('secret_digest').notNull(),
    previousSecretDigest: bytea('previous_secret_digest'),
    createdAt: instant('created_at').notNull(),
    secretChangedAt: instant('secret_changed_at').notNull(),
    disabledAt: instant('disabled_at'),
  },
  (table) => [check('oauth_clients_kind_known', sql`${table.kind} in ('resource', 'application')`)],
);
