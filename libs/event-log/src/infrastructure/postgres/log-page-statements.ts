import { instant } from '@app/postgres';
import { type SQL, sql } from 'drizzle-orm';
import type { PageRequest } from '../../domain/log-pages.js';
import type { LogPlace } from '../../domain/log-place.js';
import type { StoredEvent } from '../../domain/log-readers.js';
import type { Snapshot } from '../../domain/log-snapshot.js';
import { eventLogTable } from './event-log.table.js';
import { isRemoved, showsAllRemoved } from './postgres-log-purge.js';

/**
 * Events that one statement looks at, at most, besides those of its last transaction: with these it takes some 20 ms of
 * the 350 that it has. Who is further behind is led there by transaction ids.
 */
const stretch = 5_000;

export interface PlaceRow {
  readonly database: string;
  readonly since: Snapshot;
  readonly last: string | null;
}

export interface PageRow {
  readonly database: string;
  /** The end of the stretch. */
  readonly upto: Snapshot;
  /** The stretch ends before what is known to follow. */
  readonly cut: boolean;
  readonly witnessed: boolean;
  /** False: the place is ahead of this database. */
  readonly past: boolean;
  /** Of any type, null if there is none. */
  readonly last: string | null;
  readonly events: readonly (Omit<StoredEvent, 'at'> & { readonly at: string })[] | null;
  readonly more: boolean;
}

/** `pg_current_wal_lsn` fails on a standby, which may not know everything yet. */
const database = sql`to_hex(hashtextextended((select system_identifier::text from pg_control_system())
  || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8), 0))`;

export const endStatement = sql`
  select ${database} as database, pg_current_snapshot()::text as since,
    (select max(id)::text from ${eventLogTable}) as last`;

/** Cut before the first transaction that has such an event; what was running is behind the cut by itself. */
export const placeBefore = (time: Date): SQL => sql`
  with first as (
    select xid from ${eventLogTable} where created_at >= ${instant(time)} order by xid limit 1),
  cut as (
    select least(pg_snapshot_xmin(pg_current_snapshot()), (select xid from first))::text as xid)
  select ${database} as database, cut.xid || ':' || cut.xid || ':' as since, null as last from cut`;

/**
 * The rows between two snapshots, of which the later one is that of the place, or the one asked for, or that of this
 * very statement; or, if too much lies ahead, a cut at a transaction below which everything is over.
 */
export function pageStatement(place: LogPlace, { size, types, limit }: PageRequest): SQL {
  const since = sql`${place.since}::text::pg_snapshot`;
  const exact = sql`${place.upto}::text::pg_snapshot`;
  const afterId = place.upto === null ? 0 : place.lastId;
  const ofTypes = types ? sql`where type = any (${sql.param([...types])}::text[])` : sql``;
  return sql`
    with seen as (select pg_current_snapshot() as now, coalesce(${limit ?? null}::text::pg_snapshot, pg_current_snapshot()) as last),
    ahead as (
      select xid from ${eventLogTable} where xid >= pg_snapshot_xmax(${since}) order by xid, id limit 1 offset ${stretch}),
    cut as (
      select (xid::text || ':' || xid::text || ':')::pg_snapshot as snapshot from ahead, seen
      where ${place.upto}::text is null and xid <= pg_snapshot_xmin(last)),
    bound as (
      select coalesce(${exact}, (select snapshot from cut), last) as upto, now from seen),
    fresh as materialized (
      select * from ${eventLogTable}
      where xid >= pg_snapshot_xmin(${since}) and xid < (select pg_snapshot_xmax(upto) from bound)
        and not pg_visible_in_snapshot(xid, ${since}) and pg_visible_in_snapshot(xid, (select upto from bound))
        and id > ${afterId}::bigint),
    wanted as materialized (select * from fresh ${ofTypes} order by id limit ${size + 1}),
    page as (select * from wanted order by id limit ${size})
    select ${database} as database, upto::text, exists (select from cut) as cut,
      (${place.lastId}::bigint = 0 or ${isRemoved(place.lastId)}
        or exists (select from ${eventLogTable} where id = ${place.lastId}::bigint))
        and ${showsAllRemoved(since)} as witnessed,
      pg_snapshot_xmax(${since}) <= pg_snapshot_xmax(now) as past,
      (select max(id)::text from fresh) as last,
      (select count(*) from wanted) > ${size} as more,
      (select json_agg(json_build_object('id', id, 'type', type, 'userId', user_id, 'sessionId', session_id,
         'tokenId', token_id, 'gen', gen, 'payload', payload, 'at', created_at) order by id) from page) as events
    from bound`;
}
