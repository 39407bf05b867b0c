import type { SessionId, UserId } from '@app/kernel';
import { Database, type Orm } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import {
  and,
  count,
  desc,
  eq,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  ne,
  or,
  type SQL,
  sql,
  type SQLWrapper,
} from 'drizzle-orm';
import type { Session } from '../../domain/session.js';
import {
  type EndedSession,
  type Ending,
  type EvictionOrder,
  type HistoryPage,
  SessionRepository,
} from '../../domain/session-repository.js';
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
      orm.select({ live: count() }).from(sessionsTable).where(countedOf(owner, now)),
    );
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
    const { parentId } = sessionsTable;
    return this.endWhere(and(unmarkedOf(owner), or(eq(sessionsTable.id, id), eq(parentId, id))), ending);
  }

  endOnDevice(deviceKey: string, owner: UserId, ending: Ending): Promise<EndedSession[]> {
    const onDevice = and(unmarkedOf(owner), eq(sessionsTable.deviceKey, deviceKey));
    return this.endWithShares(owner, ending, (orm) =>
      orm.select({ id: sessionsTable.id }).from(sessionsTable).where(onDevice),
    );
  }

  endAll(owner: UserId, ending: Ending, keep: SessionId | null): Promise<EndedSession[]> {
    const all = unmarkedOf(owner);
    const others = and(
      ne(sessionsTable.id, keep ?? ''),
      sql`${sessionsTable.parentId} is distinct from ${keep}`,
    );
    return this.endWhere(keep ? and(all, others) : all, ending);
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

  endSurplus(
    owner: UserId,
    ending: Ending,
    surplus: { keep: number; order: EvictionOrder },
  ): Promise<EndedSession[]> {
    const age = surplus.order === 'idle' ? sessionsTable.lastAccessAt : sessionsTable.createdAt;
    return this.endWithShares(owner, ending, (orm) =>
      orm
        .select({ id: sessionsTable.id })
        .from(sessionsTable)
        .where(countedOf(owner, ending.at))
        .orderBy(desc(age), desc(sessionsTable.id))
        .offset(surplus.keep),
    );
  }

  async listOver(owner: UserId, { now, size, after }: HistoryPage): Promise<Session[]> {
    const { id, createdAt, endedAt, expiresAt, idleExpiresAt } = sessionsTable;
    const isOver = or(isNotNull(endedAt), lte(expiresAt, now), lte(idleExpiresAt, now));
    const isAfter =
      after && sql`(${createdAt}, ${id}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id})`;
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

  /** One statement: whoever shares a session that is being ended must not outlive it by a moment. */
  private endWithShares(
    owner: UserId,
    ending: Ending,
    doomed: (orm: Orm) => SQLWrapper,
  ): Promise<EndedSession[]> {
    const { id, parentId } = sessionsTable;
    return this.endWhere(
      (orm) => and(unmarkedOf(owner), or(inArray(id, doomed(orm)), inArray(parentId, doomed(orm)))),
      ending,
    );
  }

  private async endWhere(
    which: SQL | undefined | ((orm: Orm) => SQL | undefined),
    ending: Ending,
  ): Promise<EndedSession[]> {
    const { id, endedAt, endReason } = sessionsTable;
    const rows = await this.database.query((orm) =>
      orm
        .update(sessionsTable)
        .set(endedByWhatCameFirst(ending))
        .where(typeof which === 'function' ? which(orm) : which)
        .returning({ id, endedAt, endReason }),
    );
    return rows.map(toEnded);
  }
}

function unmarkedOf(owner: UserId): SQL | undefined {
  return and(eq(sessionsTable.userId, owner), isNull(sessionsTable.endedAt));
}

function liveOf(owner: UserId, now: Date): SQL | undefined {
  return and(
    eq(sessionsTable.userId, owner),
    isNull(sessionsTable.endedAt),
    gt(sessionsTable.expiresAt, now),
    gt(sessionsTable.idleExpiresAt, now),
  );
}

/** Those that take a place at the limit. */
function countedOf(owner: UserId, now: Date): SQL | undefined {
  return and(liveOf(owner, now), isNull(sessionsTable.parentId));
}

/** The same order of causes as `endOf`. */
function endedByWhatCameFirst({ at, reason, by }: Ending) {
  const { idleExpiresAt, expiresAt } = sessionsTable;
  const timeout = sql`least(${idleExpiresAt}, ${expiresAt})`;
  const hasTimedOut = sql`${timeout} <= ${at.toISOString()}::timestamptz`;
  const timeoutReason = sql`case when ${idleExpiresAt} < ${expiresAt} then 'expired_idle' else 'expired_absolute' end`;
  return {
    endedAt: sql`case when ${hasTimedOut} then ${timeout} else ${at.toISOString()}::timestamptz end`,
    endReason: sql`case when ${hasTimedOut} then ${timeoutReason} else ${reason}::text end`,
    endedBy: sql`case when ${hasTimedOut} then null else ${by}::uuid end`,
  };
}

function toEnded(row: { id: string; endedAt: Date | null; endReason: string | null }): EndedSession {
  return { id: row.id as SessionId, end: toSessionEnd(row)! };
}
