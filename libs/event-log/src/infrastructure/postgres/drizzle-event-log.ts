import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { DomainEvent } from '../../domain/event.js';
import { EventLog } from '../../domain/event-log.js';
import { eventLogTable } from './event-log.table.js';

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
      gen: event.gen ?? null,
      payload: event.payload ?? {},
      created_at: event.at.toISOString(),
    }));
    await this.database.query((orm) =>
      orm.execute(sql`
        insert into ${eventLogTable} (type, user_id, session_id, gen, payload, created_at)
        select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          as event (type text, user_id uuid, session_id text, gen bigint, payload jsonb, created_at timestamptz)`),
    );
  }
}
