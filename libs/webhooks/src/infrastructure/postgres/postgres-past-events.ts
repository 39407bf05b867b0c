import type { EventType, StoredEvent } from '@app/event-log';
import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { PastEvents, type PastPlace } from '../../domain/past-events.js';
import { instant, millis, rowsOf } from './rows.js';

interface Row extends Pick<StoredEvent, 'type' | 'userId' | 'sessionId' | 'tokenId' | 'payload'> {
  readonly id: string;
  readonly ms: number;
  readonly place: string;
}

@Injectable()
export class PostgresPastEvents extends PastEvents {
  constructor(private readonly database: Database) {
    super();
  }

  async read(
    { since, after }: { readonly since: Date; readonly after: PastPlace | null },
    types: readonly EventType[],
    limit: number,
  ): Promise<{ events: StoredEvent[]; last: PastPlace | null }> {
    const behind = after
      ? sql`and (created_at, id) > (${after.at}::timestamptz, ${String(after.id)}::bigint)`
      : sql``;
    const rows = await rowsOf<Row>(
      this.database,
      sql`
        select id::text, type, user_id as "userId", session_id as "sessionId", token_id as "tokenId", payload,
          ${millis(sql`created_at`)} as ms,
          to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
        from event_log
        where created_at >= ${instant(since)} ${behind} and type = any (${sql.param([...types])}::text[])
        order by created_at, event_log.id limit ${limit}`,
    );
    const last = rows.at(-1);
    return {
      events: rows.map(({ id, ms, place: _place, ...event }) => ({
        ...event,
        id: Number(id),
        gen: null,
        at: new Date(ms),
      })),
      last: last && rows.length === limit ? { at: last.place, id: Number(last.id) } : null,
    };
  }
}
