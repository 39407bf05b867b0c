import { bytea, timestamptz } from '@app/postgres';
import { sql } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';

/**
 * One row per sign-in; ended rows stay for history. The partial index holds live rows only, so listing, counting
 * and evicting cost the same however long the history grows.
 */
export const sessionsTable = pgTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: uuid('user_id').notNull(),
    gen: bigint('gen', { mode: 'number' }).notNull(),
    profile: text('profile').notNull().default('standard'),
    createdAt: timestamptz('created_at').notNull(),
    authenticatedAt: timestamptz('authenticated_at').notNull(),
    lastAccessAt: timestamptz('last_access_at').notNull(),
    idleExpiresAt: timestamptz('idle_expires_at').notNull(),
    expiresAt: timestamptz('expires_at').notNull(),
    ipAddress: text('ip_address').notNull(),
    userAgent: text('user_agent'),
    device: jsonb('device').notNull(),
    ipsUsed: jsonb('ips_used').notNull(),
    requestCount: bigint('request_count', { mode: 'number' }).notNull().default(0),
    refreshNonce: bytea('refresh_nonce').notNull(),
    refreshGeneration: integer('refresh_generation').notNull().default(0),
    refreshedAt: timestamptz('refreshed_at'),
    endedAt: timestamptz('ended_at'),
    endReason: text('end_reason'),
    endedBy: uuid('ended_by'),
    /** Digest of the browser's or app's own id. */
    deviceKey: text('device_key'),
    /** Of the session that this one is a share of. */
    parentId: text('parent_id'),
    scope: text('scope', { enum: ['full', 'read', 'password'] })
      .notNull()
      .default('full'),
    /** What a share was named by its maker. */
    label: text('label'),
  },
  (table) => [
    index('sessions_live_by_user')
      .on(table.userId, table.createdAt)
      .where(sql`${table.endedAt} is null`),
    index('sessions_by_user').on(table.userId, table.createdAt, table.id),
    index('sessions_live_by_parent')
      .on(table.parentId)
      .where(sql`${table.endedAt} is null and ${table.parentId} is not null`),
    // For administrators: newest first, and who came from one address.
    index('sessions_by_age').on(table.createdAt, table.id),
    index('sessions_by_address').on(table.ipAddress, table.createdAt, table.id),
    // For removing old history, and for walking through what may be live. By the one end that never moves: an index on another would cost every use a write.
    index('sessions_expires_at').on(table.expiresAt),
  ],
);
