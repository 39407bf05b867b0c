import { timestamptz } from '@app/postgres';
import { jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';

const seen = {
  firstSeenAt: timestamptz('first_seen_at').notNull(),
  lastSeenAt: timestamptz('last_seen_at').notNull(),
};

/** Browsers and apps from which a user has signed in. */
export const devicesTable = pgTable(
  'devices',
  {
    userId: uuid('user_id').notNull(),
    /** Digest of the device's own id. */
    key: text('key').notNull(),
    device: jsonb('device').notNull(),
    ...seen,
  },
  (table) => [primaryKey({ columns: [table.userId, table.key] })],
);

/** Networks from which a user has signed in: IPv4 /24, IPv6 /48. */
export const networksTable = pgTable(
  'networks',
  { userId: uuid('user_id').notNull(), network: text('network').notNull(), ...seen },
  (table) => [primaryKey({ columns: [table.userId, table.network] })],
);
