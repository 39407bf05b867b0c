import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { coherenceEvents, type DomainEvent } from '../../domain/event.js';
import { EventLog } from '../../domain/event-log.js';
import type { LogPosition } from '../../domain/log-position.js';
import { eventLogTable } from './event-log.table.js';

/** Channel on which instances hear that the log has something they must know. */
export const logChannel = 'rollcall_log';

@Injectable()
export class DrizzleEventLog extends EventLog {
  constructor(private readonly database: Database) {
    super();
  }

  /** One parameter however many events, since ending all sessions of a user may write thousands. */
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
    await this.database.query((orm) =>
      orm.execute(sql`
        insert into ${eventLogTable} (type, user_id, session_id, token_id, gen, payload, created_at)
        select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as event
          (type text, user_id uuid, session_id text, token_id text, gen bigint, payload jsonb, created_at timestamptz)`),
    );
    if (events.some((event) => coherenceEvents.includes(event.type))) await this.hint();
  }

  async transaction(): Promise<LogPosition> {
    await this.hint();
    const result = await this.database.query((orm) =>
      orm.execute<{ xid: string }>(sql`select pg_current_xact_id()::text as xid`),
    );
    return Number((result as { rows: { xid: string }[] }).rows[0]!.xid);
  }

  /** Only for what others wait for: the commit of a notifying transaction takes a lock of the whole server. */
  private async hint(): Promise<void> {
    await this.database.query((orm) => orm.execute(sql`select pg_notify(${logChannel}, '')`));
  }
}
