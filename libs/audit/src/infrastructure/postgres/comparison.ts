import { ofRefresh } from '@app/event-log';
import { type SQL, sql } from 'drizzle-orm';
import { readerName } from '../../domain/reader-name.js';

/** Events of one statement. */
const stretch = 2_000;

export interface ComparisonRow {
  readonly up_to: string | null;
  readonly missing: { readonly id: number; readonly type: string } | null;
}

/**
 * What has been read by the reader's own account; what it leaves out on purpose is left out here, too. The concatenation
 * keeps the planner to the index of events: without statistics it would look each event up by its type as well, which takes
 * ten seconds with 200,000 records.
 */
export function comparison(afterEvent: number): SQL {
  return sql`
    with looked as materialized (
      select id, xid, type, payload, created_at from event_log where id > ${afterEvent}::bigint order by id limit ${stretch}),
    reader as (select * from log_readers where name = ${readerName}),
    missing as (
      select looked.id, looked.type from looked, reader
      where (looked.xid < reader.position::text::xid8
          or (looked.xid < coalesce(reader.horizon, 0)::text::xid8 and looked.id <= coalesce(reader.last_id, 0)))
        and looked.created_at >= coalesce((select max(purged_before) from audit_chain), '-infinity')
        and not ${ofRefresh('looked')}
        and not exists (
          select from audit_log where audit_log.event_id = looked.id and audit_log.type || '' = looked.type)
      order by looked.id limit 1)
    select (select max(id)::text from looked) as up_to,
      (select json_build_object('id', id, 'type', type) from missing) as missing`;
}
