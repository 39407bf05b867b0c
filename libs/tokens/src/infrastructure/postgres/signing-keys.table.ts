import { sql } from 'drizzle-orm';
import { customType, jsonb, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  fromDriver: (value) => Buffer.from(value),
});

const instant = (name: string) => timestamp(name, { withTimezone: true });

/**
 * One row per key: published as successor, signing from `signs_from` on, until `retired_at`. Both indexes are
 * fences behind the lock under which keys change: one key signs, one is next.
 */
export const signingKeysTable = pgTable(
  'signing_keys',
  {
    kid: text('kid').primaryKey(),
    publicJwk: jsonb('public_jwk').notNull(),
    /** Null once it can sign nothing any more. */
    sealedPrivateKey: bytea('sealed_private_key'),
    createdAt: instant('created_at').notNull(),
    signsFrom: instant('signs_from'),
    retiredAt: instant('retired_at'),
    withdrawnAt: instant('withdrawn_at'),
  },
  (table) => [
    uniqueIndex('signing_keys_one_signer')
      .on(sql`(true)`)
      .where(sql`${table.signsFrom} is not null and ${table.retiredAt} is null`),
    uniqueIndex('signing_keys_one_next')
      .on(sql`(true)`)
      .where(sql`${table.signsFrom} is null and ${table.withdrawnAt} is null`),
  ],
);
