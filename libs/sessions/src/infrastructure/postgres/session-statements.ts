import { type Orm, preparedOnce } from '@app/postgres';
import {
  and,
  count,
  desc,
  eq,
  getTableColumns,
  inArray,
  isNull,
  ne,
  or,
  type SQL,
  sql,
  type SQLWrapper,
} from 'drizzle-orm';
import type { EvictionOrder } from '../../domain/session-repository.js';
import { isLive } from './session-conditions.js';
import { sessionsTable } from './sessions.table.js';

const { id, parentId, deviceKey, endedAt, endReason, idleExpiresAt, expiresAt, createdAt, lastAccessAt } =
  sessionsTable;

const owner = sql.placeholder('owner');
const instant = (name: string): SQL => sql`${sql.placeholder(name)}::timestamptz`;

/** Takes a row, in which instants that may be null are ISO text, since drizzle encodes only those that are there. */
export const insertSession = preparedOnce((orm) => insertion(orm).prepare('sessions_insert'));

function insertion(orm: Orm) {
  const names = Object.keys(getTableColumns(sessionsTable));
  const row = Object.fromEntries(names.map((name) => [name, sql.placeholder(name)]));
  const instants = { refreshedAt: instant('refreshedAt'), endedAt: instant('endedAt') };
  const values = { ...row, ...instants } as unknown as typeof sessionsTable.$inferInsert;
  return orm.insert(sessionsTable).values(values);
}

export const countLiveSessions = preparedOnce((orm) =>
  orm
    .select({ live: count() })
    .from(sessionsTable)
    .where(countedOf(owner, instant('at')))
    .prepare('sessions_count_live'),
);

export const endSession = preparedOnce((orm) => {
  const one = sql.placeholder('id');
  return ending(orm, and(unmarked(), or(eq(id, one), eq(parentId, one)))).prepare('sessions_end');
});

/** All but the session `keep` and its shares; '' keeps none. */
export const endSessions = preparedOnce((orm) => {
  const keep = sql.placeholder('keep');
  const others = and(ne(id, keep), sql`${parentId} is distinct from ${keep}`);
  return ending(orm, and(unmarked(), others)).prepare('sessions_end_all');
});

export const endSessionsOnDevice = preparedOnce((orm) => {
  const onDevice = and(unmarked(), eq(deviceKey, sql.placeholder('deviceKey')));
  const doomed = orm.select({ id }).from(sessionsTable).where(onDevice);
  return ending(orm, withShares(doomed)).prepare('sessions_end_on_device');
});

/** Whoever owns them, with their shares. */
export const endListedSessions = preparedOnce((orm) => {
  const ids = sql`${sql.placeholder('ids')}::text[]`;
  const listed = or(sql`${id} = any (${ids})`, sql`${parentId} = any (${ids})`);
  return ending(orm, and(isNull(endedAt), listed)).prepare('sessions_end_listed');
});

/**
 * Ends those beyond the first `keep` in the order and inserts another, which neither part sees: both read the snapshot
 * from before the statement. The row of the user must have been locked by a statement of its own, so that this
 * snapshot holds what the holder before has committed.
 */
export const openSession: Record<EvictionOrder, ReturnType<typeof openSessionBy>> = {
  oldest: openSessionBy(createdAt, 'sessions_open_oldest'),
  idle: openSessionBy(lastAccessAt, 'sessions_open_idle'),
};

function openSessionBy(age: typeof createdAt | typeof lastAccessAt, name: string) {
  return preparedOnce((orm) => {
    const surplus = orm
      .select({ id })
      .from(sessionsTable)
      .where(countedOf(owner, instant('at')))
      .orderBy(desc(age), desc(id))
      .offset(sql.placeholder('keep'));
    const ended = orm.$with('ended').as(ending(orm, withShares(surplus)));
    const inserted = orm.$with('inserted').as(insertion(orm).returning({ id }));
    return orm.with(ended, inserted).select().from(ended).prepare(name);
  });
}

/** The same order of causes as `endOf`. */
function ending(orm: Orm, which: SQL | undefined) {
  const at = instant('at');
  const timeout = sql`least(${idleExpiresAt}, ${expiresAt})`;
  const hasTimedOut = sql`${timeout} <= ${at}`;
  const timeoutReason = sql`case when ${idleExpiresAt} < ${expiresAt} then 'expired_idle' else 'expired_absolute' end`;
  return orm
    .update(sessionsTable)
    .set({
      endedAt: sql`case when ${hasTimedOut} then ${timeout} else ${at} end`,
      endReason: sql`case when ${hasTimedOut} then ${timeoutReason} else ${sql.placeholder('reason')}::text end`,
      endedBy: sql`case when ${hasTimedOut} then null else ${sql.placeholder('by')}::uuid end`,
    })
    .where(which)
    .returning({ id, userId: sessionsTable.userId, endedAt, endReason, createdAt });
}

/** One statement: whoever shares a session that is being ended must not outlive it by a moment. */
function withShares(doomed: SQLWrapper): SQL | undefined {
  return and(unmarked(), or(inArray(id, doomed), inArray(parentId, doomed)));
}

function unmarked(): SQL | undefined {
  return and(eq(sessionsTable.userId, owner), isNull(endedAt));
}

export function liveOf(user: string | typeof owner, now: Date | SQL): SQL | undefined {
  return and(eq(sessionsTable.userId, user), isLive(now));
}

/** Those that take a place at the limit. */
function countedOf(user: typeof owner, now: SQL): SQL | undefined {
  return and(liveOf(user, now), isNull(parentId));
}
