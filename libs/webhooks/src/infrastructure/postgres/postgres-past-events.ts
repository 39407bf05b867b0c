import { type EventType, ofRefresh, type StoredEvent } from '@app/event-log';
import { Database, instant, millis } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { PastEvents, type PastPlace } from '../../domain/past-events.js';

interface Row extends Pick<StoredEvent, 'type' | 'userId' | 'sessionId' | 'tokenId' | 'payload'> {
  readonly id: string;
  readonly ms: number;
  readonly place: string;
}

/** Rows that one unit looks at, however few of them are wanted; 20,000 take some 50 ms of 320. */
const usualStretch = 20_000;

const place = sql`to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const keyOf = ({ at, id }: PastPlace): SQL => sql`(${at}::timestamptz, ${String(id)}::bigint)`;

@Injectable()
export class PostgresPastEvents extends PastEvents {
  private stretchOfUnit = usualStretch;

  constructor(private readonly database: Database) {
    super();
  }

  /** For tests: shorter stretches. */
  static reaching(database: Database, stretch: number): PostgresPastEvents {
    return Object.assign(new PostgresPastEvents(database), { stretchOfUnit: stretch });
  }

  async read(
    { since, after }: { readonly since: Date; readonly after: PastPlace | null },
    types: readonly EventType[],
    limit: number,
  ): Promise<{ events: StoredEvent[]; last: PastPlace | null }> {
    const begin = after ? sql`(created_at, id) > ${keyOf(after)}` : sql`created_at >= ${instant(since)}`;
    const end = await this.endOfStretch(begin);
    const upTo = end ? sql`and (created_at, id) <= ${keyOf(end)}` : sql``;
    const rows = await this.database.rows<Row>(sql`
      select id::text, type, user_id as "userId", session_id as "sessionId", token_id as "tokenId", payload,
        ${millis(sql`created_at`)} as ms,
        ${place} as place
      from event_log
      where ${begin} ${upTo} and type = any (${sql.param([...types])}::text[])
        and not ${ofRefresh()}
      order by created_at, event_log.id limit ${limit}`);
    const last = rows.at(-1);
    return {
      events: rows.map(({ id, ms, place: _place, ...event }) => ({
        ...event,
        id: Number(id),
        gen: null,
        at: new Date(ms),
      })),
      last: last && rows.length === limit ? { at: last.place, id: Number(last.id) } : end,
    };
  }

  /** Null: the log ends before. */
  private async endOfStretch(begin: SQL): Promise<PastPlace | null> {
    const [end] = await this.database.rows<{ at: string; id: string }>(sql`
      select ${place} as at, id::text from event_log where ${begin}
      order by created_at, event_log.id limit 1 offset ${this.stretchOfUnit - 1}`);
    return end ? { at: end.at, id: Number(end.id) } : null;
  }
}
