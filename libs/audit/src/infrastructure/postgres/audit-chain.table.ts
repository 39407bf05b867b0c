import { timestamptz } from '@app/postgres';
import { bigint, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import type { Finding } from '../../domain/finding.js';

/** One row: how far the audit reaches, signed. */
export const auditChainTable = pgTable('audit_chain', {
  id: integer('id').primaryKey(),
  length: bigint('length', { mode: 'number' }).notNull(),
  head: text('head').notNull(),
  purged: bigint('purged', { mode: 'number' }).notNull(),
  anchor: text('anchor').notNull(),
  purgedBefore: timestamptz('purged_before'),
  signature: text('signature').notNull(),
});

/** One row: what the last verification said. Signed by nobody; it is a memory, no proof. */
export const auditVerificationTable = pgTable('audit_verification', {
  id: integer('id').primaryKey(),
  at: timestamptz('at').notNull(),
  checked: bigint('checked', { mode: 'number' }).notNull(),
  length: bigint('length', { mode: 'number' }).notNull(),
  head: text('head').notNull(),
  finding: jsonb('finding').$type<Finding>(),
});
