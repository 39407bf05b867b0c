import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import type { EventType } from '../../domain/event.js';
import {
  type Following,
  LogReaders,
  type LogSpan,
  type ReaderStatus,
  type StoredEvent,
} from '../../domain/log-readers.js';
import { eventLogTable } from './event-log.table.js';
import { logReadersTable } from './log-readers.table.js';

/**
 * A position that lags over nothing costs the reading of as many index entries at most; one that is written for nothing
 * costs a write each second, which gives the next look a reason to write.
 */
const worthWriting = 10_000;

interface Place {
  readonly position: string;
  readonly horizon: string | null;
  readonly last_id: string | null;
  readonly oldest: string;
}

/**
 * Two marks for each reader. Below `oldest`, the oldest running transaction, every transaction is over; what lies
 * between the position and such a horizon is a finished set, which is read in the order of ids until none is left. Cutting by
 * transaction ids instead would tear apart sessions whose transactions waited for each other.
 */
@Injectable()
export class PostgresLogReaders extends LogReaders {
  constructor(private readonly database: Database) {
    super();
  }

  async advance(following: Following, consume: (span: LogSpan) => Promise<void>): Promise<boolean> {
    if (!(await this.mayAdvance(following.reader))) return false;
    return this.database.run(async () => {
      const place = await this.placeOf(following.reader);
      if (!place) return this.begin(following);
      const [from, oldest] = [Number(place.position), Number(place.oldest)];
      const upto = Number(place.horizon ?? oldest);
      if (Math.max(from, upto) > oldest) return this.moveTo(following.reader, oldest);
      if (upto === from) return false;
      const afterId = Number(place.last_id ?? 0);
      const { count, lastId } = await this.next({ from, upto, afterId }, following.batch);
      if (count > 0) await consume({ from, upto, afterId, lastId });
      if (count === following.batch) return this.stayBelow(following.reader, upto, lastId);
      if (count > 0 || place.horizon !== null || upto - from > worthWriting)
        await this.moveTo(following.reader, upto);
      // While a horizon was being worked off, more may have come.
      return place.horizon !== null;
    });
  }

  async read(span: LogSpan, types?: readonly EventType[]): Promise<StoredEvent[]> {
    const ofTypes = types ? sql`and type = any (${sql.param([...types])}::text[])` : sql``;
    const rows = await this.database.rows<
      Omit<StoredEvent, 'id' | 'gen'> & { id: string; gen: string | null }
    >(sql`
      select id::text, type, user_id as "userId", session_id as "sessionId", token_id as "tokenId", gen::text,
        payload, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
      from ${eventLogTable} where ${inSpan(span)} ${ofTypes} order by ${eventLogTable.id}`);
    return rows.map((row) => ({
      ...row,
      id: Number(row.id),
      gen: row.gen === null ? null : Number(row.gen),
      at: new Date(row.at),
    }));
  }

  async takeOver({ reader, from }: { readonly reader: string; readonly from: string }): Promise<boolean> {
    const standing = await this.database.rows(sql`
      select from ${logReadersTable} where name = ${from} for update skip locked`);
    if (standing.length === 0) return false;
    await this.database.rows(sql`delete from ${logReadersTable} where name = ${reader}`);
    await this.database.rows(sql`update ${logReadersTable} set name = ${reader} where name = ${from}`);
    return true;
  }

  status(): Promise<ReaderStatus[]> {
    return this.statusWhere(sql`true`);
  }

  async statusOf(reader: string): Promise<ReaderStatus | null> {
    const [status] = await this.statusWhere(sql`name = ${reader}`);
    return status ?? null;
  }

  /**
   * Two looks at an index for each reader, however much lies behind or before it: while a horizon is worked off, what is
   * unread has a higher id than the last one read, or belongs to a transaction beyond the horizon.
   */
  private async statusWhere(condition: SQL): Promise<ReaderStatus[]> {
    const rows = await this.database.rows<{ name: string; at: string | null }>(sql`
      select name, to_char(least(
        (select created_at from ${eventLogTable}
          where xid >= coalesce(horizon, position)::text::xid8 order by xid, id limit 1),
        (select created_at from ${eventLogTable}
          where id > last_id and xid >= position::text::xid8 order by id limit 1)
        ) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
      from ${logReadersTable} where ${condition} order by name`);
    return rows.map(({ name, at }) => ({ name, oldestUnread: at === null ? null : new Date(at) }));
  }

  /**
   * Asked outside a transaction, since nearly always there is nothing to read: the lock that a turn takes is a write with a
   * transaction id of its own, and each reader of each process would pay for one every second.
   */
  private async mayAdvance(reader: string): Promise<boolean> {
    const [look] = await this.database.rows<{ may: boolean }>(sql`
      select horizon is not null or position > oldest or oldest - position > ${worthWriting} or exists (
        select from ${eventLogTable} where xid >= position::text::xid8 and xid < oldest::text::xid8) as may
      from ${logReadersTable}, (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest) as now
      where name = ${reader}`);
    return look?.may ?? true;
  }

  /** Null: never read, or somebody else is at it. */
  private async placeOf(reader: string): Promise<Place | undefined> {
    const [place] = await this.database.rows<Place>(sql`
      select position::text, horizon::text, last_id::text,
        pg_snapshot_xmin(pg_current_snapshot())::text as oldest
      from ${logReadersTable} where name = ${reader} for update skip locked`);
    return place;
  }

  private async begin({ reader, begin }: Following): Promise<boolean> {
    const position =
      begin === 'now' ? sql`pg_snapshot_xmin(pg_current_snapshot())::text::bigint` : sql`0::bigint`;
    const made = await this.database.rows(sql`
      insert into ${logReadersTable} (name, position) values (${reader}, ${position})
      on conflict do nothing returning name`);
    return made.length > 0 && begin !== 'now';
  }

  private async next(
    span: Omit<LogSpan, 'lastId'>,
    batch: number,
  ): Promise<{ count: number; lastId: number }> {
    const [row] = await this.database.rows<{ count: number; last: string | null }>(sql`
      select count(*)::int as count, max(id)::text as last
      from (select id from ${eventLogTable} where ${inSpan(span)} order by id limit ${batch}) as next`);
    return { count: row!.count, lastId: Number(row!.last) };
  }

  private async moveTo(reader: string, position: number): Promise<false> {
    await this.database.rows(sql`
      update ${logReadersTable} set position = ${position}, horizon = null, last_id = null where name = ${reader}`);
    return false;
  }

  private async stayBelow(reader: string, horizon: number, lastId: number): Promise<true> {
    await this.database.rows(sql`
      update ${logReadersTable} set horizon = ${horizon}, last_id = ${lastId} where name = ${reader}`);
    return true;
  }
}

/** The events of a stretch, for statements that read `event_log` under this or another name. */
export function inSpan(
  span: Omit<LogSpan, 'lastId'> & { readonly lastId?: number },
  table = 'event_log',
): SQL {
  const log = sql.identifier(table);
  const upToLast = span.lastId === undefined ? sql`` : sql`and ${log}.id <= ${span.lastId}`;
  return sql`${log}.xid >= ${String(span.from)}::text::xid8 and ${log}.xid < ${String(span.upto)}::text::xid8
    and ${log}.id > ${span.afterId} ${upToLast}`;
}
