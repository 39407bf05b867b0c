import { bytea, timestamptz } from '@app/postgres';
import { bigint, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** Where to and what about. A removed one stays, without its secrets, until its deliveries are gone. */
export const webhookEndpointsTable = pgTable('webhook_endpoints', {
  id: uuid('id').primaryKey(),
  /** In the order of their making. */
  place: bigint('place', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
  url: text('url').notNull(),
  label: text('label').notNull(),
  events: text('events').array().notNull(),
  sealedSecret: bytea('sealed_secret').notNull(),
  oldSealedSecret: bytea('old_sealed_secret'),
  oldSecretUntil: timestamptz('old_secret_until'),
  createdAt: timestamptz('created_at').notNull(),
  updatedAt: timestamptz('updated_at').notNull(),
  disabledAt: timestamptz('disabled_at'),
  disabledReason: text('disabled_reason'),
  failingSince: timestamptz('failing_since'),
  failures: integer('failures').notNull().default(0),
  resumeAt: timestamptz('resume_at'),
  removedAt: timestamptz('removed_at'),
});
