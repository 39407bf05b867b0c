import { StoreUnavailableError } from '@app/kernel';
import { Database, type FeedLink } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { coherenceEvents } from '../../domain/event.js';
import type { LogPosition } from '../../domain/log-position.js';
import { type LoggedEvent, type LogPoll, LogSource } from '../../domain/log-source.js';
import { logChannel } from './drizzle-event-log.js';

interface PollRow {
  readonly snapshot: string;
  readonly position: string;
  readonly database: string;
  readonly events: readonly EventRow[] | null;
}

type EventRow = Omit<LoggedEvent, 'xid' | 'at'> & { readonly xid: string; readonly at: string };

/**
 * One statement, so one snapshot covers the rows and the position that continues them. `pg_current_wal_lsn`
 * fails on a standby, so a demoted primary is noticed, not trusted.
 */
const pollStatement = `
  with seen as (select pg_current_snapshot() as snapshot)
  select snapshot::text,
         pg_snapshot_xmin(snapshot)::text as position,
         (select system_identifier::text from pg_control_system())
           || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) as database,
         (select json_agg(json_build_object(
            'xid', xid::text, 'type', type, 'userId', user_id, 'sessionId', session_id, 'tokenId', token_id,
            'gen', gen, 'reason', payload ->> 'reason', 'at', created_at) order by id)
          from event_log where xid >= $1::text::xid8 and type = any ($2::text[])) as events
  from seen`;

/** Any position is correct to start from; this one loads what cached entries could be older than. */
const startStatement = `
  select coalesce(
    (select least(xid, pg_snapshot_xmin(pg_current_snapshot()))::text
     from event_log where created_at >= $1::timestamptz order by created_at limit 1),
    pg_snapshot_xmin(pg_current_snapshot())::text) as position`;

@Injectable()
export class PostgresLogSource extends LogSource {
  private readonly link: FeedLink;

  constructor(private readonly database: Database) {
    super();
    this.link = database.openFeedLink(logChannel);
  }

  async start(since: Date): Promise<LogPosition> {
    const [row] = await this.ask<{ position: string }>(startStatement, [since.toISOString()]);
    return Number(row!.position);
  }

  async poll(from: LogPosition): Promise<LogPoll> {
    const [row] = await this.ask<PollRow>(pollStatement, [String(from), coherenceEvents]);
    const { snapshot, position, database, events } = row!;
    return { snapshot, position: Number(position), database, events: (events ?? []).map(toEvent) };
  }

  onHint(listener: () => void): void {
    this.link.onHint(listener);
  }

  close(): Promise<void> {
    return this.link.close();
  }

  /** Any failure of this link means the same to its reader: nothing new is known. */
  private async ask<Row>(statement: string, parameters: readonly unknown[]): Promise<Row[]> {
    try {
      const rows = await this.link.rows<Row>(statement, parameters);
      this.database.noteAnswering(true);
      return rows;
    } catch (error) {
      this.database.noteAnswering(false);
      throw new StoreUnavailableError('postgres', error);
    }
  }
}

function toEvent(row: EventRow): LoggedEvent {
  return { ...row, xid: Number(row.xid), at: new Date(row.at) };
}
