import type { SessionId } from '@app/kernel';
import { Database, instant, millis } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { ActivityStore, maxAddresses, type SessionUse } from '../../domain/activity.js';
import { sessionsTable } from './sessions.table.js';

@Injectable()
export class PostgresActivityStore extends ActivityStore {
  constructor(private readonly database: Database) {
    super();
  }

  /**
   * Rows that somebody holds are skipped. To wait for them would mean to hold all the others meanwhile: refreshes and
   * revocations would queue behind a counter, and two writers could deadlock.
   */
  async write(uses: readonly SessionUse[]): Promise<SessionId[]> {
    if (uses.length === 0) return [];
    const written = JSON.stringify(
      uses.map(({ sessionId, count, firstAt, lastAt, idleSeconds, addresses }) => ({
        id: sessionId,
        count,
        first: firstAt.toISOString(),
        last: lastAt.toISOString(),
        idle: idleSeconds,
        ips: addresses,
      })),
    );
    const rows = await this.database.rows<{ id: SessionId }>(sql`
      with uses as (
        select * from jsonb_to_recordset(${written}::jsonb)
          as use (id text, count bigint, first timestamptz, last timestamptz, idle int, ips jsonb)
      ), locked as materialized (
        select id from ${sessionsTable} where id in (select id from uses) for no key update skip locked
      ), written as (
        update ${sessionsTable} as s set
          request_count = s.request_count + uses.count,
          last_access_at = greatest(s.last_access_at, uses.last),
          idle_expires_at = case when s.ended_at is null and uses.first < least(s.idle_expires_at, s.expires_at)
            then greatest(s.idle_expires_at, least(s.expires_at, uses.last + make_interval(secs => uses.idle)))
            else s.idle_expires_at end,
          ips_used = case when uses.ips = jsonb_build_array(s.ips_used -> 0) then s.ips_used else (
            select jsonb_agg(ip order by place) from (
              select ip, min(place) as place
              from jsonb_array_elements_text(uses.ips || s.ips_used) with ordinality as each (ip, place)
              group by ip order by min(place) limit ${maxAddresses}
            ) as newest) end
        from uses join locked on locked.id = uses.id
        where s.id = uses.id
      )
      select id from ${sessionsTable}
      where id in (select id from uses) and id not in (select id from locked)`);
    return rows.map(({ id }) => id);
  }

  async extend({
    sessionId,
    lastAt,
    idleSeconds,
  }: Pick<SessionUse, 'sessionId' | 'lastAt' | 'idleSeconds'>): Promise<Date | null> {
    const at = instant(lastAt);
    const [row] = await this.database.rows<{ until: number }>(sql`
      update ${sessionsTable} set
        last_access_at = greatest(last_access_at, ${at}),
        idle_expires_at = greatest(idle_expires_at, least(expires_at, ${at} + make_interval(secs => ${idleSeconds})))
      where id = ${sessionId} and ended_at is null and idle_expires_at > ${at} and expires_at > ${at}
      returning ${millis(sql`idle_expires_at`)} as until`);
    return row ? new Date(Math.round(row.until)) : null;
  }
}
