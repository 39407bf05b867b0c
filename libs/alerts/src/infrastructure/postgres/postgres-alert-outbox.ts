import { inSpan, LogReaders, type LogSpan } from '@app/event-log';
import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import type { Alert, AlertFacts, AlertKind } from '../../domain/alert.js';
import { AlertOutbox, type Outcome } from '../../domain/alert-outbox.js';
import { readerName } from '../../domain/reader-name.js';
import { alertOutboxTable } from './alert-outbox.table.js';

/** Events per statement, which has to be through within the time limit of all statements. */
const batch = 5_000;

const usefulDays = 1;

const kindsByEvent = {
  'session.ended': 'session.limit',
  'user.updated': 'user.email_changed',
} as const satisfies Record<string, AlertKind>;

const plainKinds: readonly AlertKind[] = [
  'signin.new_device',
  'signin.new_network',
  'signin.after_failures',
  'session.agent_changed',
  'session.refresh_reused',
  'user.password_changed',
];

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly user_id: string;
  readonly recipient: string;
  readonly facts: AlertFacts;
  readonly happened_at: string;
  readonly attempts: number;
}

@Injectable()
export class PostgresAlertOutbox extends AlertOutbox {
  constructor(
    private readonly database: Database,
    private readonly readers: LogReaders,
  ) {
    super();
  }

  collect(now: Date): Promise<boolean> {
    const following = { reader: readerName, batch, begin: 'now' } as const;
    return this.readers.advance(following, async (span) => {
      await this.database.rows(collection(span, now));
    });
  }

  async take(now: Date, until: Date): Promise<Alert | null> {
    const [row] = await this.database.rows<Row>(sql`
      update ${alertOutboxTable} set attempts = attempts + 1, next_try_at = ${instant(until)}
      where id = (
        select id from ${alertOutboxTable} where closed_at is null and next_try_at <= ${instant(now)}
        order by next_try_at, id limit 1 for update skip locked)
      returning id::text, kind, user_id, recipient, facts, attempts,
        to_char(happened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as happened_at`);
    return row ? toAlert(row) : null;
  }

  async postpone(id: number, at: Date, reason: string): Promise<void> {
    await this.database.rows(sql`
      update ${alertOutboxTable} set next_try_at = ${instant(at)}, last_error = ${reason} where id = ${id}`);
  }

  async close(id: number, outcome: Outcome, at: Date): Promise<void> {
    await this.database.rows(sql`
      update ${alertOutboxTable} set closed_at = ${instant(at)}, outcome = ${outcome} where id = ${id}`);
  }

  async purge(before: Date, limit: number): Promise<number> {
    const gone = await this.database.rows(sql`
      delete from ${alertOutboxTable} where id in (
        select id from ${alertOutboxTable} where closed_at < ${instant(before)} limit ${limit})
      returning id`);
    return gone.length;
  }
}

/** Copies what people want to know. */
function collection(span: LogSpan, now: Date) {
  const since = new Date(now.getTime() - usefulDays * 86_400_000);
  return sql`
    insert into ${alertOutboxTable} (event_id, user_id, kind, recipient, facts, happened_at, next_try_at)
    select event.id, event.user_id, coalesce(${JSON.stringify(kindsByEvent)}::jsonb ->> event.type, event.type),
      address, jsonb_strip_nulls(jsonb_build_object('ip_address', event.payload -> 'ip_address',
        'device', event.payload -> 'device', 'failures', event.payload -> 'failures')),
      event.created_at, ${instant(now)}
    from event_log event
    join users on users.id = event.user_id
    cross join lateral (
      select users.email as address union select event.payload ->> 'previous_email') as known
    where ${inSpan(span, 'event')} and event.created_at > ${instant(since)} and address is not null
      and (event.type in (select jsonb_array_elements_text(${JSON.stringify(plainKinds)}::jsonb))
        or (event.type = 'session.ended' and event.payload ->> 'reason' = 'limit')
        or (event.type = 'user.updated' and event.payload ? 'previous_email'))
    order by event.id
    on conflict do nothing`;
}

function toAlert(row: Row): Alert {
  return {
    id: Number(row.id),
    kind: row.kind as AlertKind,
    userId: row.user_id,
    recipient: row.recipient,
    facts: row.facts,
    at: new Date(row.happened_at),
    attempts: row.attempts,
  };
}
