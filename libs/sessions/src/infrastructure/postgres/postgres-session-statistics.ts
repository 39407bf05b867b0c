import type { UserId } from '@app/kernel';
import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import {
  type LiveCount,
  SessionStatistics,
  type Tally,
  type UserStatistics,
} from '../../domain/session-statistics.js';
import { isLive } from './session-conditions.js';
import { sessionsTable } from './sessions.table.js';
import { nobody, unmarkedBehind } from './unmarked-sessions.js';

/** Sessions that one statement counts. */
const usualStretch = 20_000;

/** Rows of a tally; what is rarer is of no interest. */
const longest = 20;

interface Row {
  readonly active: number;
  readonly total: number;
  readonly days: readonly { date: string; count: number }[] | null;
  readonly devices: readonly Tally[] | null;
  readonly networks: readonly Tally[] | null;
}

@Injectable()
export class PostgresSessionStatistics extends SessionStatistics {
  private stretch = usualStretch;

  constructor(private readonly database: Database) {
    super();
  }

  /** For tests: shorter stretches. */
  static inStretchesOf(database: Database, stretch: number): PostgresSessionStatistics {
    return Object.assign(new PostgresSessionStatistics(database), { stretch });
  }

  countLive(now: Date): Promise<LiveCount> {
    return this.countBehind(nobody, now);
  }

  async ofUser(userId: UserId, { now, since }: { now: Date; since: Date }): Promise<UserStatistics> {
    const [row] = await this.database.rows<Row>(sql`
      with own as materialized (
        select created_at, ended_at, idle_expires_at, expires_at, ip_address,
          concat_ws(' on ', coalesce(device->>'browser', device->>'kind'), device->>'os') as device
        from ${sessionsTable} where user_id = ${userId} and parent_id is null
      ), recent as (
        select * from own where created_at >= ${instant(since)}
      ), days as (
        select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') as date, count(*)::int as count
        from recent group by 1 order by 1
      ), devices as (
        select device as name, count(*)::int as count from recent group by 1 order by 2 desc, 1 limit ${longest}
      ), networks as (
        select case when ip_address ~ '^[0-9a-fA-F:.]+$' then network(set_masklen(ip_address::inet,
            case family(ip_address::inet) when 4 then 24 else 48 end))::text else 'unknown' end as name,
          count(*)::int as count
        from recent group by 1 order by 2 desc, 1 limit ${longest}
      )
      select
        (select count(*) from own
          where ended_at is null and idle_expires_at > ${instant(now)} and expires_at > ${instant(now)})::int as active,
        (select count(*) from own)::int as total,
        (select json_agg(days) from days) as days,
        (select json_agg(devices) from devices) as devices,
        (select json_agg(networks) from networks) as networks`);
    const { active, total, days, devices, networks } = row!;
    return { active, total, perDay: days ?? [], byDevice: devices ?? [], byNetwork: networks ?? [] };
  }

  private async countBehind(after: UserId, now: Date): Promise<LiveCount> {
    const { condition, end } = await unmarkedBehind(this.database, after, this.stretch);
    const [found] = await this.database.rows<LiveCount>(sql`
      select count(*)::int as sessions, count(distinct user_id)::int as users from ${sessionsTable}
      where ${condition} and ${isLive(now)}`);
    if (end === null) return found!;
    const rest = await this.countBehind(end, now);
    return { sessions: found!.sessions + rest.sessions, users: found!.users + rest.users };
  }
}
