import { bigint, customType, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

const instant = (name: string) => timestamp(name, { withTimezone: true });

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
  oldSecretUntil: instant('old_secret_until'),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  disabledAt: instant('disabled_at'),
  disabledReason: text('disabled_reason'),
  failingSince: instant('failing_since'),
  failures: integer('failures').notNull().default(0),
  resumeAt: instant('resume_at'),
  removedAt: instant('removed_at'),
});
