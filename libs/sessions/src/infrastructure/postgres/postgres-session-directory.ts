import type { SessionId } from '@app/kernel';
import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, asc, count, desc, eq, gt, lte, type SQL, sql } from 'drizzle-orm';
import type { Session } from '../../domain/session.js';
import {
  type LiveStretch,
  type LiveWalk,
  SessionDirectory,
  type SessionFilter,
  type SessionPage,
  type SessionPlace,
  type SessionSearch,
} from '../../domain/session-directory.js';
import { byIndex, byLooking, byStanding, isLive, isNotKept } from './session-conditions.js';
import { toSession } from './session.mapper.js';
import { sessionsTable } from './sessions.table.js';

const { id, userId, createdAt, expiresAt } = sessionsTable;

export interface Reach {
  /** Rows that one statement looks at; 20,000 take some 50 ms, a seventh of what a statement may take. */
  readonly stretch: number;
  /** Stretches of one page. */
  readonly perPage: number;
}

const usualReach: Reach = { stretch: 20_000, perPage: 3 };

/**
 * A filter that no index serves is asked of one stretch of rows after another, whose ends are found in the index alone.
 * Rejected: a statement over the whole table, which a rare match lets run into its time limit; and an index for each
 * filter, which every sign-in would pay for.
 */
@Injectable()
export class PostgresSessionDirectory extends SessionDirectory {
  private reach = usualReach;

  constructor(private readonly database: Database) {
    super();
  }

  /** For tests: shorter stretches. */
  static reaching(database: Database, reach: Reach): PostgresSessionDirectory {
    return Object.assign(new PostgresSessionDirectory(database), { reach });
  }

  list(
    of: SessionSearch,
    { now, size, after }: { now: Date; size: number; after: SessionPlace | null },
  ): Promise<SessionPage> {
    const question = { indexed: byIndex(of), looking: and(byLooking(of), byStanding(of, now)), size };
    return this.collect(question, { sessions: [], next: after }, this.reach.perPage);
  }

  async countLive(of: SessionFilter, walk: LiveWalk): Promise<LiveStretch & { count: number }> {
    const next = await this.endOfStretch(whereLiveMayBe(of, walk), soonestFirst, walk.after);
    const condition = and(isMeant(of, walk), between(soonestFirst, walk.after, next));
    const rows = await this.database.query((orm) =>
      orm.select({ matching: count() }).from(sessionsTable).where(condition),
    );
    return { count: rows[0]?.matching ?? 0, next };
  }

  async takeLive(
    of: SessionFilter,
    walk: LiveWalk,
    size: number,
  ): Promise<LiveStretch & { sessions: Session[] }> {
    const end = await this.endOfStretch(whereLiveMayBe(of, walk), soonestFirst, walk.after);
    const condition = and(isMeant(of, walk), between(soonestFirst, walk.after, end));
    const sessions = await this.read(condition, soonestFirst, size);
    const last = sessions.at(-1);
    const isFull = sessions.length === size && last !== undefined;
    return { sessions, next: isFull ? { at: last.expiresAt, id: last.id } : end };
  }

  private async collect(question: Question, so: SessionPage, stretches: number): Promise<SessionPage> {
    const { indexed, looking, size } = question;
    const end = looking ? await this.endOfStretch(indexed, newestFirst, so.next) : null;
    const condition = and(indexed, between(newestFirst, so.next, end), looking);
    const more = await this.read(condition, newestFirst, size + 1 - so.sessions.length);
    const sessions = [...so.sessions, ...more];
    const last = sessions[size - 1];
    if (sessions.length > size && last)
      return { sessions: sessions.slice(0, size), next: { at: last.createdAt, id: last.id } };
    const page = { sessions, next: end };
    return end && stretches > 1 ? this.collect(question, page, stretches - 1) : page;
  }

  private async read(condition: SQL | undefined, order: Order, size: number): Promise<Session[]> {
    const rows = await this.database.query((orm) =>
      orm
        .select()
        .from(sessionsTable)
        .where(condition)
        .orderBy(...order.by)
        .limit(size),
    );
    return rows.map(toSession);
  }

  /** The offset is that of one stretch, never of a page. Null if the rows come to an end before. */
  private async endOfStretch(
    condition: SQL | undefined,
    order: Order,
    after: SessionPlace | null,
  ): Promise<SessionPlace | null> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ at: order.at, id })
        .from(sessionsTable)
        .where(and(condition, between(order, after, null)))
        .orderBy(...order.by)
        .limit(1)
        .offset(this.reach.stretch - 1),
    );
    return rows[0] ? { at: rows[0].at, id: rows[0].id as SessionId } : null;
  }
}

interface Question {
  readonly indexed: SQL | undefined;
  /** Undefined: every row that the index finds is an answer. */
  readonly looking: SQL | undefined;
  readonly size: number;
}

interface Order {
  readonly at: typeof createdAt | typeof expiresAt;
  readonly by: readonly SQL[];
  /** Comes after, in this order. */
  readonly behind: SQL;
  /** Does not. Spelled out, since no index is used for the negation of a comparison of rows. */
  readonly upTo: SQL;
}

const newestFirst: Order = {
  at: createdAt,
  by: [desc(createdAt), desc(id)],
  behind: sql`<`,
  upTo: sql`>=`,
};

/** By the absolute end, the one that never moves: what is behind it cannot be live, and an index knows. */
const soonestFirst: Order = {
  at: expiresAt,
  by: [asc(expiresAt), asc(id)],
  behind: sql`>`,
  upTo: sql`<=`,
};

/** Behind `after` and up to `end`, which belongs to it. */
function between(order: Order, after: SessionPlace | null, end: SessionPlace | null): SQL | undefined {
  const place = sql`(${order.at}, ${id})`;
  return and(
    after ? sql`${place} ${order.behind} ${rowOf(after)}` : undefined,
    end ? sql`${place} ${order.upTo} ${rowOf(end)}` : undefined,
  );
}

function rowOf({ at, id: key }: SessionPlace): SQL {
  return sql`(${instant(at)}, ${key})`;
}

function whereLiveMayBe(of: SessionFilter, { now }: LiveWalk): SQL | undefined {
  return and(gt(expiresAt, now), of.userId === undefined ? undefined : eq(userId, of.userId));
}

function isMeant(of: SessionFilter, { now, until, keep }: LiveWalk): SQL | undefined {
  return and(isLive(now), byIndex(of), byLooking(of), lte(createdAt, until), isNotKept(keep));
}
