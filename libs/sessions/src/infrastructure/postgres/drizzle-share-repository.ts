import type { SessionId, UserId } from '@app/kernel';
import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, notExists, type SQL } from 'drizzle-orm';
import { type Share, ShareRepository } from '../../domain/share.js';
import { sessionsTable } from './sessions.table.js';
import { sharesTable } from './shares.table.js';

type ShareRow = typeof sharesTable.$inferSelect;

@Injectable()
export class DrizzleShareRepository extends ShareRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert(share: Share, tokenHash: string): Promise<void> {
    await this.database.query((orm) => orm.insert(sharesTable).values({ ...share, tokenHash }));
  }

  list(owner: UserId, since: Date): Promise<Share[]> {
    return this.where(and(eq(sharesTable.userId, owner), gt(sharesTable.expiresAt, since)));
  }

  async find(id: string, owner: UserId): Promise<Share | null> {
    return (await this.where(and(eq(sharesTable.id, id), eq(sharesTable.userId, owner))))[0] ?? null;
  }

  async findAny(id: string): Promise<Share | null> {
    return (await this.where(eq(sharesTable.id, id)))[0] ?? null;
  }

  async listLive(
    owner: UserId | null,
    { now, size, after }: { now: Date; size: number; after: string | null },
  ): Promise<Share[]> {
    const { id, userId, sessionId, revokedAt, expiresAt } = sharesTable;
    const rows = await this.database.query((orm) => {
      const isOver = orm
        .select({ id: sessionsTable.id })
        .from(sessionsTable)
        .where(and(eq(sessionsTable.id, sessionId), isNotNull(sessionsTable.endedAt)));
      return orm
        .select()
        .from(sharesTable)
        .where(
          and(
            gt(expiresAt, now),
            isNull(revokedAt),
            owner === null ? undefined : eq(userId, owner),
            after === null ? undefined : lt(id, after),
            notExists(isOver),
          ),
        )
        .orderBy(desc(id))
        .limit(size);
    });
    return rows.map(toShare);
  }

  async findByToken(tokenHash: string): Promise<Share | null> {
    return (await this.where(eq(sharesTable.tokenHash, tokenHash)))[0] ?? null;
  }

  async redeem(id: string, at: Date, sessionId: SessionId): Promise<boolean> {
    const { redeemedAt, revokedAt, expiresAt } = sharesTable;
    const isOpen = and(eq(sharesTable.id, id), isNull(redeemedAt), isNull(revokedAt), gt(expiresAt, at));
    const rows = await this.database.query((orm) =>
      orm
        .update(sharesTable)
        .set({ redeemedAt: at, sessionId })
        .where(isOpen)
        .returning({ id: sharesTable.id }),
    );
    return rows.length > 0;
  }

  async revoke(id: string, at: Date): Promise<void> {
    await this.database.query((orm) =>
      orm
        .update(sharesTable)
        .set({ revokedAt: at })
        .where(and(eq(sharesTable.id, id), isNull(sharesTable.revokedAt))),
    );
  }

  async purge(before: Date, limit: number): Promise<number> {
    const { id, expiresAt } = sharesTable;
    const rows = await this.database.query((orm) => {
      const old = orm
        .select({ id })
        .from(sharesTable)
        .where(lt(expiresAt, before))
        .orderBy(expiresAt)
        .limit(limit);
      return orm.delete(sharesTable).where(inArray(id, old)).returning({ id });
    });
    return rows.length;
  }

  private async where(which: SQL | undefined): Promise<Share[]> {
    const rows = await this.database.query((orm) =>
      orm.select().from(sharesTable).where(which).orderBy(desc(sharesTable.createdAt), desc(sharesTable.id)),
    );
    return rows.map(toShare);
  }
}

function toShare(row: ShareRow): Share {
  return {
    id: row.id,
    userId: row.userId as UserId,
    parentId: row.parentId as SessionId,
    label: row.label,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    redeemedAt: row.redeemedAt,
    revokedAt: row.revokedAt,
    sessionId: row.sessionId as SessionId | null,
  };
}
