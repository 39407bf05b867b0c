import { LogReaders } from '@app/event-log';
import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { readerNameOf } from '../../domain/reader-name.js';
import { RollupSets } from '../../domain/rollup-sets.js';
import { rollupStateTable, rollupsTable, rollupUsersTable } from './rollups.table.js';

const isLeft = sql`set_id > 0 and set_id < coalesce((select shown from ${rollupStateTable}), 1)`;

@Injectable()
export class PostgresRollupSets extends RollupSets {
  constructor(
    private readonly database: Database,
    private readonly readers: LogReaders,
  ) {
    super();
  }

  async begin(): Promise<boolean> {
    const [row] = await this.database.rows<{ building: boolean }>(sql`
      insert into ${rollupStateTable} as known (id, shown, building, log_began_at)
      values (1, 1, 2, (select min(created_at) from event_log))
      on conflict (id) do update set
        building = case when exists (select from ${rollupsTable} where ${isLeft}) then null else known.shown + 1 end,
        log_began_at = case when exists (select from ${rollupsTable} where ${isLeft})
          then known.log_began_at else excluded.log_began_at end
      where known.building is null
      returning building is not null as building`);
    // No row: it was being built already.
    return row?.building ?? true;
  }

  async isBuilding(): Promise<boolean> {
    const rows = await this.database.rows(
      sql`select from ${rollupStateTable} where building is not null for share`,
    );
    return rows.length > 0;
  }

  show(): Promise<boolean> {
    return this.database.run(async () => {
      const [state] = await this.database.rows(sql`
        select from ${rollupStateTable} where building is not null for update skip locked`);
      const places = { reader: readerNameOf.shown, from: readerNameOf.building };
      if (!state || !(await this.readers.takeOver(places))) return false;
      await this.database.rows(sql`update ${rollupStateTable} set shown = building, building = null`);
      return true;
    });
  }

  async clear(limit: number): Promise<number> {
    const users = await this.database.rows(sql`
      delete from ${rollupUsersTable} where ctid = any (array(
        select ctid from ${rollupUsersTable} where ${isLeft} limit ${limit})) returning 1`);
    const [row] = await this.database.rows<{ gone: number }>(sql`
      with gone as (
        delete from ${rollupsTable} where ctid = any (array(
          select ctid from ${rollupsTable} where ${isLeft} limit ${limit}))
        returning *),
      kept as (
        insert into ${rollupsTable} as known (set_id, seconds, metric, bucket, label, count, amount)
        select state.shown, seconds, metric, bucket, label, count, amount from gone, ${rollupStateTable} state
        where bucket < coalesce(state.log_began_at, 'infinity')
        order by seconds, metric, bucket, label
        on conflict (set_id, seconds, metric, bucket, label) do update set
          count = greatest(known.count, excluded.count), amount = greatest(known.amount, excluded.amount))
      select count(*)::int as gone from gone`);
    return users.length + row!.gone;
  }
}
