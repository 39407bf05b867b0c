import { type SQL, sql, type SQLWrapper } from 'drizzle-orm';

/** A point in time, as a value of a statement; the same to both drivers, whatever zone the database has. */
export function instant(at: Date): SQL {
  return sql`${at.toISOString()}::timestamptz`;
}

/** Of a point in time: milliseconds since 1970, with fractions; the same from both drivers. */
export function millis(at: SQLWrapper): SQL {
  return sql`(extract(epoch from ${at}) * 1000)::float8`;
}
