import { bytea, timestamptz } from '@app/postgres';
import { sql } from 'drizzle-orm';
import { jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';

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
    createdAt: timestamptz('created_at').notNull(),
    signsFrom: timestamptz('signs_from'),
    retiredAt: timestamptz('retired_at'),
    withdrawnAt: timestamptz('withdrawn_at'),
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
