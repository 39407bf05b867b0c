import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { LogPurge } from '../../domain/log-purge.js';
import { eventLogTable } from './event-log.table.js';
import { logPurgesTable } from './log-purges.table.js';
import { logReadersTable } from './log-readers.table.js';

/**
 * In the order of transactions, as far as all readers have come, and up to the first young event: so no event that is
 * left is of an older transaction than one that is gone. One statement looks at `limit` rows at most, whoever holds
 * them.
 */
@Injectable()
export class PostgresLogPurge extends LogPurge {
  constructor(private readonly database: Database) {
    super();
  }

  async purge(before: Date, limit: number): Promise<number> {
    const [row] = await this.database.rows<{ removed: number }>(sql`
      with bound as (
        select least(pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
          (select min(position) from ${logReadersTable})) as xid),
      oldest as materialized (
        select id, xid, created_at < ${instant(before)} as is_old from ${eventLogTable}
        where xid < (select xid from bound)::text::xid8 order by xid, id limit ${limit}),
      gone as (
        delete from ${eventLogTable} where id in (
          select id from oldest where xid < all (select xid from oldest where not is_old))
        returning id, xid::text::bigint as xid),
      mark as (
        insert into ${logPurgesTable} as mark (id, xid, last_id)
        select 1, max(xid), max(id) from gone having count(*) > 0
        on conflict (id) do update set xid = greatest(mark.xid, excluded.xid),
          last_id = greatest(mark.last_id, excluded.last_id))
      select count(*)::int as removed from gone`);
    return row!.removed;
  }

  async heldBy(before: Date): Promise<string[]> {
    const rows = await this.database.rows<{ name: string }>(sql`
      select name from ${logReadersTable} where (
        select created_at from ${eventLogTable}
        where xid >= position::text::xid8 and xid < pg_snapshot_xmin(pg_current_snapshot())
        order by xid, id limit 1) < ${instant(before)}
      order by name`);
    return rows.map(({ name }) => name);
  }
}

/** True if nothing has been removed that a snapshot does not show, as far as numbers tell that mean something here. */
export function showsAllRemoved(snapshot: SQL): SQL {
  return sql`not exists (
    select from ${logPurgesTable} where xid >= pg_snapshot_xmin(${snapshot})::text::bigint
      and xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint)`;
}

/** True if the event was removed in its time. */
export function isRemoved(id: number): SQL {
  return sql`exists (select from ${logPurgesTable} where last_id >= ${id}::bigint)`;
}
