import { timestamptz } from '@app/postgres';
import { bigint, index, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/** Triggers refuse to change a row, and to remove one that `audit_chain.purged` does not cover. */
export const auditLogTable = pgTable(
  'audit_log',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    eventId: bigint('event_id', { mode: 'number' }).notNull(),
    type: text('type').notNull(),
    at: timestamptz('at').notNull(),
    actorKind: text('actor_kind', { enum: ['user', 'command', 'system', 'unknown'] }).notNull(),
    actorId: uuid('actor_id'),
    userId: uuid('user_id'),
    sessionId: text('session_id'),
    tokenId: text('token_id'),
    note: text('note'),
    ipAddress: text('ip_address'),
    details: jsonb('details').$type<Record<string, unknown>>().notNull(),
    previousHash: text('previous_hash').notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [
    index('audit_log_at').on(table.at, table.seq),
    index('audit_log_actor').on(table.actorId, table.at, table.seq),
    index('audit_log_user').on(table.userId, table.at, table.seq),
    index('audit_log_session').on(table.sessionId, table.at, table.seq),
    index('audit_log_type').on(table.type, table.at, table.seq),
    // For comparing with the event log.
    index('audit_log_event').on(table.eventId),
  ],
);
