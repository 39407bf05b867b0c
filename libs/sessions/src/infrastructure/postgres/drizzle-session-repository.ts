import type { SessionId, UserId } from '@app/kernel';
import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, count, desc, eq, gt, gte, inArray, isNull, lt, ne, type SQL } from 'drizzle-orm';
import type { Session, SessionEnd } from '../../domain/session.js';
import { type Ending, type EvictionOrder, SessionRepository } from '../../domain/session-repository.js';
import { toSession, toSessionEnd, toSessionRow } from './session.mapper.js';
import { sessionsTable } from './sessions.table.js';

@Injectable()
export class DrizzleSessionRepository extends SessionRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert(session: Session): Promise<void> {
    await this.database.query((orm) => orm.insert(sessionsTable).values(toSessionRow(session)));
  }

  async find(id: SessionId): Promise<Session | null> {
    const rows = await this.database.query((orm) =>
      orm.select().from(sessionsTable).where(eq(sessionsTable.id, id)),
    );
    return rows[0] ? toSession(rows[0]) : null;
  }

  async findOwned(id: SessionId, owner: UserId): Promise<Session | null> {
    const rows = await this.database.query((orm) =>
      orm
        .select()
        .from(sessionsTable)
        .where(and(eq(sessionsTable.id, id), eq(sessionsTable.userId, owner))),
    );
    return rows[0] ? toSession(rows[0]) : null;
  }

  async listLive(owner: UserId, now: Date): Promise<Session[]> {
    const rows = await this.database.query((orm) =>
      orm
        .select()
        .from(sessionsTable)
        .where(liveOf(owner, now))
        .orderBy(desc(sessionsTable.createdAt), desc(sessionsTable.id)),
    );
    return rows.map(toSession);
  }

  async countLive(owner: UserId, now: Date): Promise<number> {
    const rows = await this.database.query((orm) =>
      orm.select({ live: count() }).from(sessionsTable).where(liveOf(owner, now)),
    );
    return rows[0]?.live ?? 0;
  }

  async end(id: SessionId, owner: UserId, ending: Ending): Promise<boolean> {
    return (await this.endWhere(and(liveOf(owner, ending.at), eq(sessionsTable.id, id)), ending)).length > 0;
  }

  endAll(owner: UserId, ending: Ending, keep: SessionId | null): Promise<SessionId[]> {
    const all = liveOf(owner, ending.at);
    return this.endWhere(keep ? and(all, ne(sessionsTable.id, keep)) : all, ending);
  }

  async listEndedSince(owner: UserId, since: Date): Promise<{ id: SessionId; end: SessionEnd }[]> {
    const { id, endedAt, endReason } = sessionsTable;
    const rows = await this.database.query((orm) =>
      orm
        .select({ id, endedAt, endReason })
        .from(sessionsTable)
        .where(and(eq(sessionsTable.userId, owner), gte(endedAt, since))),
    );
    return rows.map((row) => ({ id: row.id as SessionId, end: toSessionEnd(row)! }));
  }

  async purge(before: Date, limit: number): Promise<number> {
    const rows = await this.database.query((orm) => {
      const old = orm
        .select({ id: sessionsTable.id })
        .from(sessionsTable)
        .where(lt(sessionsTable.expiresAt, before))
        .orderBy(sessionsTable.expiresAt)
        .limit(limit);
      return orm
        .delete(sessionsTable)
        .where(inArray(sessionsTable.id, old))
        .returning({ id: sessionsTable.id });
    });
    return rows.length;
  }

  endSurplus(
    owner: UserId,
    ending: Ending,
    surplus: { keep: number; order: EvictionOrder },
  ): Promise<SessionId[]> {
    const age = surplus.order === 'idle' ? sessionsTable.lastAccessAt : sessionsTable.createdAt;
    return this.database
      .query((orm) => {
        const doomed = orm
          .select({ id: sessionsTable.id })
          .from(sessionsTable)
          .where(liveOf(owner, ending.at))
          .orderBy(desc(age), desc(sessionsTable.id))
          .offset(surplus.keep);
        return orm
          .update(sessionsTable)
          .set(endedBy(ending))
          .where(inArray(sessionsTable.id, doomed))
          .returning({ id: sessionsTable.id });
      })
      .then(idsOf);
  }

  private async endWhere(which: SQL | undefined, ending: Ending): Promise<SessionId[]> {
    const rows = await this.database.query((orm) =>
      orm.update(sessionsTable).set(endedBy(ending)).where(which).returning({ id: sessionsTable.id }),
    );
    return idsOf(rows);
  }
}

function liveOf(owner: UserId, now: Date): SQL | undefined {
  return and(
    eq(sessionsTable.userId, owner),
    isNull(sessionsTable.endedAt),
    gt(sessionsTable.expiresAt, now),
    gt(sessionsTable.idleExpiresAt, now),
  );
}

function endedBy(ending: Ending) {
  return { endedAt: ending.at, endReason: ending.reason, endedBy: ending.by };
}

function idsOf(rows: { id: string }[]): SessionId[] {
  return rows.map((row) => row.id as SessionId);
}
