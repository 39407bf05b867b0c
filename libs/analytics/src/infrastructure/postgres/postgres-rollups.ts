import type { LogSpan } from '@app/event-log';
import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { bucketSeconds, type Grid } from '../../domain/grid.js';
import { loggedMetrics, measuredMetrics, type StoredMetric } from '../../domain/metrics.js';
import { type CountRow, type Measurement, Rollups, type RollupSet } from '../../domain/rollups.js';
import { foldStatement } from './fold-statement.js';
import { rollupStateTable, rollupsTable, rollupUsersTable } from './rollups.table.js';

/** Counts that no set owns, since no log tells them. */
const measured = 0;

/** Named, so that the key leads to the oldest buckets of each. */
const allMetrics = [...loggedMetrics, ...measuredMetrics];

/** How many sessions are live is the sum of all starts and ends there ever were: a dozen rows a day. */
const isForgotten = (metric: StoredMetric): boolean =>
  metric !== 'sessions_started' && metric !== 'sessions_ended';

const shownSet = sql`coalesce((select shown from ${rollupStateTable}), 1)`;

@Injectable()
export class PostgresRollups extends Rollups {
  constructor(private readonly database: Database) {
    super();
  }

  async fold(span: LogSpan, into: RollupSet): Promise<void> {
    const setId = into === 'shown' ? shownSet : sql`(select building from ${rollupStateTable})`;
    await this.database.rows(foldStatement(span, setId));
  }

  async add(measurements: readonly Measurement[], at: Date): Promise<void> {
    if (measurements.length === 0) return;
    await this.database.rows(sql`
      insert into ${rollupsTable} as known (set_id, seconds, metric, bucket, label, count, amount)
      select ${measured}, seconds, metric,
        to_timestamp(floor(extract(epoch from ${instant(at)}) / seconds) * seconds), label, count, 0
      from jsonb_to_recordset(${JSON.stringify(measurements)}::jsonb) as new (metric text, label text, count bigint),
        unnest(${sql.param(Object.values(bucketSeconds))}::int[]) as seconds
      order by seconds, metric, label
      on conflict (set_id, seconds, metric, bucket, label) do update set count = known.count + excluded.count`);
  }

  read({ from, to, seconds }: Grid, metrics: readonly StoredMetric[]): Promise<CountRow[]> {
    return this.database.rows<CountRow>(sql`
      select metric, label, json_agg(json_build_array(
        (extract(epoch from bucket - ${instant(from)}) / ${seconds}::int)::int, count, amount)) as cells
      from ${rollupsTable}
      where set_id in (${measured}, ${shownSet}) and seconds = ${seconds}
        and metric = any (${sql.param([...metrics])}::text[])
        and bucket >= ${instant(from)} and bucket < ${instant(to)}
      group by metric, label`);
  }

  async liveBefore(day: Date): Promise<number> {
    const [row] = await this.database.rows<{ live: number }>(sql`
      select coalesce(sum(case metric when 'sessions_started' then count else -count end), 0)::float8 as live
      from ${rollupsTable}
      where set_id = ${shownSet} and seconds = ${bucketSeconds['1d']}
        and metric in ('sessions_started', 'sessions_ended') and bucket < ${instant(day)}`);
    return row!.live;
  }

  async purge({ seconds, before }: { seconds: number; before: Date }, limit: number): Promise<number> {
    const metrics = seconds === bucketSeconds['1d'] ? allMetrics.filter(isForgotten) : allMetrics;
    const gone = await this.database.rows(sql`
      delete from ${rollupsTable} where ctid = any (array(
        select ctid from ${rollupsTable} where set_id in (${measured}, ${shownSet}) and seconds = ${seconds}
          and metric = any (${sql.param(metrics)}::text[]) and bucket < ${instant(before)} limit ${limit}))
      returning 1`);
    return gone.length;
  }

  async purgeUsers(before: Date, limit: number): Promise<number> {
    const gone = await this.database.rows(sql`
      delete from ${rollupUsersTable} where ctid = any (array(
        select ctid from ${rollupUsersTable} where set_id = ${shownSet} and bucket < ${instant(before)} limit ${limit}))
      returning 1`);
    return gone.length;
  }
}
