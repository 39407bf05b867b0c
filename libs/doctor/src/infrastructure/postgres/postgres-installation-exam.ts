import { patiently, type SessionId, type UserId } from '@app/kernel';
import { Database, instant, millis } from '@app/postgres';
import type { EndReason } from '@app/sessions';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import {
  type EndedPage,
  InstallationExam,
  type Standby,
  type StoredStanding,
} from '../../domain/installation-exam.js';

/** Rows of one page; each comes well within the time limit of all statements. */
const pageSize = 500;

interface StandingRow {
  readonly id: SessionId;
  readonly user_id: UserId;
  readonly gen: number;
  readonly user_gen: number;
  readonly is_live: boolean;
  readonly ended_ms: number | null;
  readonly end_reason: EndReason | null;
}

const standingColumns = sql`sessions.id, sessions.user_id, sessions.gen::float8 as gen, users.gen::float8 as user_gen,
  sessions.ended_at is null and least(sessions.idle_expires_at, sessions.expires_at) > now() as is_live,
  ${millis(sql`sessions.ended_at`)} as ended_ms, sessions.end_reason`;

@Injectable()
export class PostgresInstallationExam extends InstallationExam {
  constructor(private readonly database: Database) {
    super();
  }

  async standingsOf(ids: readonly SessionId[]): Promise<Map<SessionId, StoredStanding>> {
    const rows = await this.rows<StandingRow>(sql`
      select ${standingColumns} from sessions join users on users.id = sessions.user_id
      where sessions.id = any (${sql.param([...ids])}::text[])`);
    return new Map(rows.map((row) => [row.id, toStanding(row)]));
  }

  async generationsOf(ids: readonly UserId[]): Promise<Map<UserId, number>> {
    const rows = await this.rows<{ id: UserId; gen: number }>(sql`
      select id, gen::float8 as gen from users where id = any (${sql.param([...ids])}::uuid[])`);
    return new Map(rows.map(({ id, gen }) => [id, gen]));
  }

  async endedSince(since: Date, after: string | null): Promise<EndedPage> {
    const [at = null, event = '0'] = after?.split('|') ?? [];
    const from = sql`(${at ?? since.toISOString()}::timestamptz, ${event}::bigint)`;
    const rows = await this.rows<StandingRow & { place: string }>(sql`
      select event_log.created_at::text || '|' || event_log.id as place, ${standingColumns}
      from event_log
        join sessions on sessions.id = event_log.session_id
        join users on users.id = sessions.user_id
      where event_log.type = 'session.ended' and (event_log.created_at, event_log.id) > ${from}
      order by event_log.created_at, event_log.id limit ${pageSize}`);
    const sessions = rows.map(toStanding).filter(hasEnd);
    return { sessions, next: rows.length < pageSize ? null : rows.at(-1)!.place };
  }

  async now(): Promise<Date> {
    const [row] = await this.rows<{ now: number }>(sql`select ${millis(sql`clock_timestamp()`)} as now`);
    return new Date(row!.now);
  }

  async standbys(): Promise<Standby[]> {
    const rows = await this.rows<{ name: string; is_synchronous: boolean; lag: number | null }>(sql`
      select application_name as name, coalesce(sync_state in ('sync', 'quorum'), false) as is_synchronous,
        extract(epoch from replay_lag)::float8 as lag
      from pg_stat_replication where application_name is distinct from 'pg_basebackup'`);
    return rows.map((row) => ({ name: row.name, isSynchronous: row.is_synchronous, lagSeconds: row.lag }));
  }

  invalidIndexes(): Promise<string[]> {
    return this.names(sql`
      select relname as name from pg_index join pg_class on pg_class.oid = pg_index.indexrelid
      where not indisvalid and relnamespace = 'public'::regnamespace order by 1`);
  }

  tablesOfDeadRows(): Promise<string[]> {
    return this.names(sql`
      select relname as name from pg_stat_user_tables
      where schemaname = 'public' and n_dead_tup > 50000 and n_dead_tup > n_live_tup order by 1`);
  }

  usedTransactionShare(): Promise<number> {
    return this.number(sql`
      select age(datfrozenxid)::float8 / 2000000000 as number from pg_database where datname = current_database()`);
  }

  usedConnectionShare(): Promise<number> {
    return this.number(sql`
      select count(*)::float8 / current_setting('max_connections')::float8 as number
      from pg_stat_activity where backend_type = 'client backend'`);
  }

  stuckBulkEnds(before: Date): Promise<string[]> {
    return this.names(sql`
      select id::text as name from bulk_ends where state = 'running' and created_at < ${instant(before)}
      union select bulk_end_id::text from bulk_end_batches where created_at < ${instant(before)}
      order by 1 limit 10`);
  }

  mailDue(before: Date): Promise<number> {
    return this.number(sql`
      select count(*)::float8 as number from (
        select from mail_outbox where closed_at is null and next_try_at < ${instant(before)}
        limit 1000) as due`);
  }

  forgettable(before: Date): Promise<number> {
    return this.number(sql`
      select count(*)::float8 as number from (
        select from sessions where expires_at < ${instant(before)} limit 10000) as old`);
  }

  async crowd(since: Date): Promise<{ people: number; share: number }> {
    const [row] = await this.rows<{ people: number; share: number | null }>(sql`
      with latest as (
        select user_id, ip_address from sessions where created_at > ${instant(since)}
        order by created_at desc limit 2000)
      select count(distinct user_id)::float8 as people,
        (select max(uses) from (select count(*)::float8 as uses from latest group by ip_address) as addresses)
          / nullif(count(*), 0)::float8 as share
      from latest`);
    return { people: row!.people, share: row!.share ?? 0 };
  }

  private async names(statement: SQL): Promise<string[]> {
    return (await this.rows<{ name: string }>(statement)).map(({ name }) => name);
  }

  private async number(statement: SQL): Promise<number> {
    return (await this.rows<{ number: number }>(statement))[0]!.number;
  }

  /** Again after a failure, for some 20 s: on a busy machine a connection or a statement may be late. */
  private rows<Row>(statement: SQL): Promise<Row[]> {
    return patiently(() => this.database.rows<Row>(statement));
  }
}

function toStanding({ id, user_id: userId, gen, user_gen: userGen, ...row }: StandingRow): StoredStanding {
  // Time alone needs no mark: every entry knows its own ends.
  const isOver = row.ended_ms !== null && row.end_reason !== null && !row.end_reason.startsWith('expired_');
  const end = isOver ? { at: new Date(row.ended_ms!), reason: row.end_reason! } : null;
  return { id, userId, gen, userGen, isLive: row.is_live, end };
}

function hasEnd(standing: StoredStanding): standing is EndedPage['sessions'][number] {
  return standing.end !== null;
}
