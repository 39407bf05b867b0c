import type { SessionId, UserId } from '@app/kernel';
import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, desc, eq, gte, inArray, isNotNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Session } from '../../domain/session.js';
import {
  type EndedSession,
  type Ending,
  type HistoryPage,
  type Room,
  SessionRepository,
} from '../../domain/session-repository.js';
import { toSession, toSessionEnd, toSessionRow } from './session.mapper.js';
import {
  countLiveSessions,
  endListedSessions,
  endSession,
  endSessions,
  endSessionsOnDevice,
  insertSession,
  liveOf,
  openSession,
} from './session-statements.js';
import { sessionsTable } from './sessions.table.js';

@Injectable()
export class DrizzleSessionRepository extends SessionRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert(session: Session): Promise<void> {
    await this.database.query((orm) => insertSession(orm).execute(rowValuesOf(session)));
  }

  insertMakingRoom(session: Session, ending: Ending, { keep, order }: Room): Promise<EndedSession[]> {
    const values = { ...rowValuesOf(session), ...valuesOf(session.userId, ending), keep };
    return this.ended(openSession[order], values);
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
    const at = now.toISOString();
    const rows = await this.database.query((orm) => countLiveSessions(orm).execute({ owner, at }));
    return rows[0]?.live ?? 0;
  }

  async lock(id: SessionId): Promise<Session | null> {
    const rows = await this.database.query((orm) =>
      orm.select().from(sessionsTable).where(eq(sessionsTable.id, id)).for('no key update'),
    );
    return rows[0] ? toSession(rows[0]) : null;
  }

  async rotate(
    id: SessionId,
    { generation, at, idleExpiresAt }: { generation: number; at: Date; idleExpiresAt: Date },
  ): Promise<void> {
    await this.database.query((orm) =>
      orm
        .update(sessionsTable)
        .set({ refreshGeneration: generation, refreshedAt: at, lastAccessAt: at, idleExpiresAt })
        .where(eq(sessionsTable.id, id)),
    );
  }

  end(id: SessionId, owner: UserId, ending: Ending): Promise<EndedSession[]> {
    return this.ended(endSession, { ...valuesOf(owner, ending), id });
  }

  async endMany(
    ids: readonly SessionId[],
    { at, reason, by }: Ending,
  ): Promise<(EndedSession & { userId: UserId })[]> {
    const values = { at: at.toISOString(), reason, by, ids: [...ids] };
    const rows = await this.database.query((orm) => endListedSessions(orm).execute(values));
    return rows.map((row) => ({ ...toEnded(row), userId: row.userId as UserId }));
  }

  endOnDevice(deviceKey: string, owner: UserId, ending: Ending): Promise<EndedSession[]> {
    return this.ended(endSessionsOnDevice, { ...valuesOf(owner, ending), deviceKey });
  }

  endAll(owner: UserId, ending: Ending, keep: SessionId | null): Promise<EndedSession[]> {
    return this.ended(endSessions, { ...valuesOf(owner, ending), keep: keep ?? '' });
  }

  async listEndedSince(owner: UserId, since: Date): Promise<EndedSession[]> {
    const { id, endedAt, endReason } = sessionsTable;
    const rows = await this.database.query((orm) =>
      orm
        .select({ id, endedAt, endReason })
        .from(sessionsTable)
        .where(and(eq(sessionsTable.userId, owner), gte(endedAt, since))),
    );
    return rows.map(toEnded);
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

  async listOver(owner: UserId, { now, size, after }: HistoryPage): Promise<Session[]> {
    const { id, createdAt, endedAt, expiresAt, idleExpiresAt } = sessionsTable;
    const isOver = or(isNotNull(endedAt), lte(expiresAt, now), lte(idleExpiresAt, now));
    const isAfter = after && sql`(${createdAt}, ${id}) < (${instant(after.createdAt)}, ${after.id})`;
    const rows = await this.database.query((orm) =>
      orm
        .select()
        .from(sessionsTable)
        .where(and(eq(sessionsTable.userId, owner), isOver, isAfter ?? undefined))
        .orderBy(desc(createdAt), desc(id))
        .limit(size),
    );
    return rows.map(toSession);
  }

  private async ended(
    statement: typeof endSession | (typeof openSession)['oldest'],
    values: Record<string, unknown>,
  ): Promise<EndedSession[]> {
    const rows = await this.database.query((orm) => statement(orm).execute(values));
    return rows.map(toEnded);
  }
}

function rowValuesOf(session: Session): Record<string, unknown> {
  const row = toSessionRow(session);
  return {
    ...row,
    refreshedAt: row.refreshedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    endedBy: null,
  };
}

function valuesOf(owner: UserId, { at, reason, by }: Ending): Record<string, unknown> {
  return { owner, at: at.toISOString(), reason, by };
}

function toEnded(row: {
  id: string;
  endedAt: Date | null;
  endReason: string | null;
  createdAt?: Date;
}): EndedSession {
  const beganAt = row.createdAt && { beganAt: row.createdAt };
  return { id: row.id as SessionId, end: toSessionEnd(row)!, ...beganAt };
}
