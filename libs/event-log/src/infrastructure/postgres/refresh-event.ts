import { type SQL, sql } from 'drizzle-orm';

/** As `isOfRefresh` has it, for statements that read `event_log` under this or another name. */
export function ofRefresh(table = 'event_log'): SQL {
  const log = sql.identifier(table);
  return sql`(${log}.type = 'token.revoked' and not ${log}.payload ? 'client')`;
}
