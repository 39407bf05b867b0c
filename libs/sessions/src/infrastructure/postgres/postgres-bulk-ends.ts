import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, asc, count, eq, inArray, lt, notExists, sql } from 'drizzle-orm';
import {
  type BulkEnd,
  BulkEndRepository,
  type BulkProgress,
  type UnprovenBatch,
} from '../../domain/bulk-end.js';
import { toBatch, toBulkEnd, toStoredSessions } from './bulk-end.mapper.js';
import { bulkEndBatchesTable as batches, bulkEndsTable as orders } from './bulk-ends.table.js';

@Injectable()
export class PostgresBulkEnds extends BulkEndRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert({ act, place, ...order }: BulkEnd): Promise<void> {
    const values = { ...order, ...act, placeAt: place?.at ?? null, placeId: place?.id ?? null };
    await this.database.query((orm) => orm.insert(orders).values(values));
  }

  async find(id: string): Promise<{ order: BulkEnd; unproven: number } | null> {
    const rows = await this.database.query((orm) => orm.select().from(orders).where(eq(orders.id, id)));
    if (!rows[0]) return null;
    const left = await this.database.query((orm) =>
      orm.select({ unproven: count() }).from(batches).where(eq(batches.bulkEndId, id)),
    );
    return { order: toBulkEnd(rows[0]), unproven: left[0]?.unproven ?? 0 };
  }

  async findRunning(): Promise<BulkEnd | null> {
    const rows = await this.database.query((orm) =>
      orm.select().from(orders).where(eq(orders.state, 'running')).orderBy(asc(orders.id)).limit(1),
    );
    return rows[0] ? toBulkEnd(rows[0]) : null;
  }

  async advance(id: string, { ended, place, finishedAt }: BulkProgress): Promise<void> {
    await this.database.query((orm) =>
      orm
        .update(orders)
        .set({
          ended: sql`${orders.ended} + ${ended}`,
          placeAt: place?.at ?? null,
          placeId: place?.id ?? null,
          state: finishedAt ? 'done' : 'running',
          finishedAt,
        })
        .where(eq(orders.id, id)),
    );
  }

  async noteFailure(id: string): Promise<void> {
    await this.database.query((orm) =>
      orm
        .update(orders)
        .set({ failed: sql`${orders.failed} + 1` })
        .where(eq(orders.id, id)),
    );
  }

  async addUnproven({ id, bulkEndId, sessions }: UnprovenBatch, at: Date): Promise<void> {
    const values = { id, bulkEndId, sessions: toStoredSessions(sessions), createdAt: at };
    await this.database.query((orm) => orm.insert(batches).values(values));
  }

  async findUnproven(before: Date): Promise<UnprovenBatch | null> {
    const rows = await this.database.query((orm) =>
      orm.select().from(batches).where(lt(batches.createdAt, before)).orderBy(asc(batches.id)).limit(1),
    );
    return rows[0] ? toBatch(rows[0]) : null;
  }

  async removeUnproven(batchId: string): Promise<void> {
    await this.database.query((orm) => orm.delete(batches).where(eq(batches.id, batchId)));
  }

  async purge(before: Date, limit: number): Promise<number> {
    const rows = await this.database.query((orm) => {
      const unproven = orm.select({ id: batches.id }).from(batches).where(eq(batches.bulkEndId, orders.id));
      const old = orm
        .select({ id: orders.id })
        .from(orders)
        .where(and(eq(orders.state, 'done'), lt(orders.finishedAt, before), notExists(unproven)))
        .limit(limit);
      return orm.delete(orders).where(inArray(orders.id, old)).returning({ id: orders.id });
    });
    return rows.length;
  }
}
