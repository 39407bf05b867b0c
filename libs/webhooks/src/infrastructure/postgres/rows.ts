import type { Database } from '@app/postgres';
import { type SQL, sql } from 'drizzle-orm';

export async function rowsOf<Row>(database: Database, statement: SQL): Promise<Row[]> {
  const result = await database.query((orm) => orm.execute(statement));
  return (result as { rows: Row[] }).rows;
}

export function instant(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}

/** Milliseconds since 1970, the same from both drivers. */
export function millis(column: SQL): SQL {
  return sql`(extract(epoch from ${column}) * 1000)::float8`;
}

export function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
