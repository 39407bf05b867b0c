import type { UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { type SQL, sql } from 'drizzle-orm';
import { sessionsTable } from './sessions.table.js';

/** Before the first user. */
export const nobody = '00000000-0000-0000-0000-000000000000' as UserId;

/** A stretch of the sessions that are not marked as ended, in the order of their users. */
export interface UnmarkedStretch {
  readonly condition: SQL;
  /** The user with whom it ends; null: it is the last one. */
  readonly end: UserId | null;
}

/**
 * Cuts along the index, user by user, so that those of one user are in one stretch and users need not be remembered. A
 * stretch has `length` sessions, and what its last user has besides.
 */
export async function unmarkedBehind(
  database: Database,
  after: UserId,
  length: number,
): Promise<UnmarkedStretch> {
  const rest = sql`${sessionsTable.endedAt} is null and ${sessionsTable.userId} > ${after}::uuid`;
  const [row] = await database.rows<{ user_id: UserId }>(sql`
    select user_id from ${sessionsTable} where ${rest} order by user_id limit 1 offset ${length - 1}`);
  if (!row) return { condition: rest, end: null };
  return { condition: sql`${rest} and ${sessionsTable.userId} <= ${row.user_id}::uuid`, end: row.user_id };
}
