import { Database, preparedOnce, prepareSql } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { coherenceEvents, type DomainEvent } from '../../domain/event.js';
import { EventLog } from '../../domain/event-log.js';
import type { LogPosition } from '../../domain/log-position.js';
import { eventLogTable } from './event-log.table.js';

/** Channel on which instances hear that the log has something they must know. */
export const logChannel = 'rollcall_log';

/**
 * One parameter however many events, since ending all sessions of a user may write thousands. Notifies only of what
 * others wait for: the commit of a notifying transaction takes a lock of the whole server.
 */
const append = preparedOnce((orm) =>
  prepareSql(orm, {
    name: 'event_log_append',
    statement: sql`
      with appended as (
        insert into ${eventLogTable} (type, user_id, session_id, token_id, gen, payload, created_at)
        select * from jsonb_to_recordset(${sql.placeholder('events')}::jsonb) as event
          (type text, user_id uuid, session_id text, token_id text, gen bigint, payload jsonb, created_at timestamptz)
      )
      select pg_notify(${sql.raw(`'${logChannel}'`)}, '') where ${sql.placeholder('isAwaited')}::boolean`,
  }),
);

const transaction = preparedOnce((orm) =>
  prepareSql(orm, {
    name: 'event_log_transaction',
    statement: sql`select pg_current_xact_id()::text as xid, pg_notify(${sql.raw(`'${logChannel}'`)}, '')`,
  }),
);

@Injectable()
export class DrizzleEventLog extends EventLog {
  constructor(private readonly database: Database) {
    super();
  }

  async append(events: readonly DomainEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map((event) => ({
      type: event.type,
      user_id: event.userId,
      session_id: event.sessionId ?? null,
      token_id: event.tokenId ?? null,
      gen: event.gen ?? null,
      payload: event.payload ?? {},
      created_at: event.at.toISOString(),
    }));
    const isAwaited = events.some((event) => coherenceEvents.includes(event.type));
    await this.database.query((orm) => append(orm).execute({ events: JSON.stringify(rows), isAwaited }));
  }

  async transaction(): Promise<LogPosition> {
    const { rows } = await this.database.query((orm) => transaction(orm).execute({}));
    return Number((rows as { xid: string }[])[0]!.xid);
  }
}
