import type { LogPosition } from '@app/event-log';
import { StoreUnavailableError } from '@app/kernel';
import { Database, type FeedLink } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { asc, eq, sql } from 'drizzle-orm';
import {
  type Heartbeat,
  type InstanceId,
  type InstanceReport,
  InstanceRegistry,
  type RedisIdentity,
  type Unaware,
} from '../../domain/coherence/instance-registry.js';
import { instancesTable } from './instances.table.js';

/** Null in the last column when the update found no row to show anything in. */
const publishStatement = `
  with shown as (
    update instances
    set snapshot = $2::pg_snapshot, redis = coalesce($3::jsonb, redis), beat = beat + 1
    where id = $1 and not fenced and beat = $4
    returning beat)
  select id, name, beat::float8 as beat, (select beat from shown)::float8 as shown from instances`;

/** Shows on a connection of its own, so that no flood of requests makes an instance look silent. */
@Injectable()
export class PostgresInstanceRegistry extends InstanceRegistry {
  private readonly link: FeedLink;
  /** As this instance last knew it: a publication that was held up on the way must not land after a later one. */
  private beat = 0;
  /** The identity is a few kilobytes; it is sent only when it changes. */
  private shownRedis: RedisIdentity | null | undefined = undefined;

  constructor(private readonly database: Database) {
    super();
    this.link = database.openFeedLink('rollcall_registry');
  }

  async register({ id, name }: { id: InstanceId; name: string }): Promise<void> {
    this.shownRedis = undefined;
    const rows = await this.database.query((orm) =>
      orm
        .insert(instancesTable)
        .values({ id, name })
        .onConflictDoUpdate({
          target: instancesTable.id,
          // What it has verified stays: without Postgres it would still be served from.
          set: { snapshot: null, fenced: false, beat: sql`${instancesTable.beat} + 1` },
        })
        .returning({ beat: instancesTable.beat }),
    );
    this.beat = rows[0]!.beat;
  }

  async publish(of: {
    id: InstanceId;
    snapshot: string;
    redis: RedisIdentity | null;
  }): Promise<Heartbeat[] | null> {
    const redis = of.redis === this.shownRedis ? null : JSON.stringify(of.redis);
    try {
      const rows = await this.link.rows<Heartbeat & { shown: number | null }>(publishStatement, [
        of.id,
        of.snapshot,
        redis,
        this.beat,
      ]);
      const shown = rows[0]?.shown ?? null;
      if (shown === null) return null;
      this.beat = shown;
      this.shownRedis = of.redis;
      return rows.map(({ id, name, beat }) => ({ id, name, beat }));
    } catch (error) {
      throw new StoreUnavailableError('postgres', error);
    }
  }

  async unawareOf(transaction: LogPosition, except: InstanceId): Promise<Unaware[]> {
    const rows = await this.database.query((orm) =>
      orm
        .select({
          id: instancesTable.id,
          name: instancesTable.name,
          beat: instancesTable.beat,
          redis: instancesTable.redis,
        })
        .from(instancesTable)
        .where(
          sql`${instancesTable.id} <> ${except} and (${instancesTable.snapshot} is null
            or not pg_visible_in_snapshot(${String(transaction)}::text::xid8, ${instancesTable.snapshot}))`,
        ),
    );
    return rows.map((row) => ({ ...row, redis: row.redis as RedisIdentity | null }));
  }

  async fence({ id, beat }: Heartbeat): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm
        .update(instancesTable)
        .set({ fenced: true })
        .where(sql`${instancesTable.id} = ${id} and ${instancesTable.beat} = ${beat}`)
        .returning({ id: instancesTable.id }),
    );
    return rows.length > 0;
  }

  async remove(id: InstanceId): Promise<void> {
    await this.database.query((orm) => orm.delete(instancesTable).where(eq(instancesTable.id, id)));
  }

  async list(): Promise<InstanceReport[]> {
    const { id, name, beat, snapshot, startedAt, fenced } = instancesTable;
    const behind = sql<number | null>`(pg_snapshot_xmin(pg_current_snapshot())::text::bigint
      - pg_snapshot_xmin(${snapshot})::text::bigint)::float8`;
    return this.database.query((orm) =>
      orm
        .select({ id, name, beat, startedAt, isFenced: fenced, transactionsBehind: behind })
        .from(instancesTable)
        .orderBy(asc(startedAt), asc(id)),
    );
  }

  close(): Promise<void> {
    return this.link.close();
  }
}
