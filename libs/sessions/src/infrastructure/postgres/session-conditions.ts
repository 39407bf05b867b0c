import { and, eq, gt, gte, isNotNull, isNull, lt, lte, ne, not, or, type SQL, sql } from 'drizzle-orm';
import type { SessionFilter, SessionSearch } from '../../domain/session-directory.js';
import { sessionsTable } from './sessions.table.js';

const { userId, ipAddress, device, profile, createdAt, lastAccessAt, idleExpiresAt, expiresAt } =
  sessionsTable;
const { endedAt, endReason } = sessionsTable;

/** What an index finds at once. */
export function byIndex(of: SessionFilter): SQL | undefined {
  return and(
    of.userId === undefined ? undefined : eq(userId, of.userId),
    isAddress(of.network) ? eq(ipAddress, of.network!) : undefined,
    of.createdAfter && gte(createdAt, of.createdAfter),
    of.createdBefore && lt(createdAt, of.createdBefore),
  );
}

/** What only the rows themselves tell; undefined if the filter asks for nothing of the kind. */
export function byLooking(of: SessionFilter): SQL | undefined {
  return and(
    of.network === undefined || isAddress(of.network) ? undefined : isWithin(of.network),
    of.browser === undefined ? undefined : isCalled('browser', of.browser),
    of.os === undefined ? undefined : isCalled('os', of.os),
    of.kind === undefined ? undefined : eq(sql`${device} ->> 'kind'`, of.kind),
    of.profile === undefined ? undefined : eq(profile, of.profile),
    of.seenAfter && gte(lastAccessAt, of.seenAfter),
    of.seenBefore && lt(lastAccessAt, of.seenBefore),
  );
}

/** The same question as `endOf` answers for one session. */
export function byStanding({ state, reason }: SessionSearch, now: Date): SQL | undefined {
  return and(
    state === undefined ? undefined : isIn(state, now),
    reason === undefined ? undefined : endedBy(reason, now),
  );
}

export function isLive(now: Date | SQL): SQL | undefined {
  return and(isNull(endedAt), gt(expiresAt, now), gt(idleExpiresAt, now));
}

function isIn(state: NonNullable<SessionSearch['state']>, now: Date): SQL | undefined {
  if (state === 'live') return isLive(now);
  const byTime = or(endedBy('expired_idle', now), endedBy('expired_absolute', now))!;
  return state === 'expired' ? byTime : and(isNotNull(endedAt), not(byTime));
}

function endedBy(reason: NonNullable<SessionSearch['reason']>, now: Date): SQL | undefined {
  const isMarked = and(isNotNull(endedAt), eq(endReason, reason));
  const isUnmarked = isNull(endedAt);
  if (reason === 'expired_idle')
    return or(isMarked, and(isUnmarked, lte(idleExpiresAt, now), lt(idleExpiresAt, expiresAt)));
  if (reason === 'expired_absolute')
    return or(isMarked, and(isUnmarked, lte(expiresAt, now), lte(expiresAt, idleExpiresAt)));
  return isMarked;
}

/** A network of one address is one, too. */
function isAddress(network: string | undefined): boolean {
  return network !== undefined && !network.includes('/');
}

/** What is stored need not be an address (`unknown`), and one with a zone is none to Postgres. */
function isWithin(network: string): SQL {
  return sql`case when ${ipAddress} ~ '^[0-9a-fA-F:.]+$' then ${ipAddress}::inet <<= ${network}::inet else false end`;
}

function isCalled(what: 'browser' | 'os', name: string): SQL {
  return sql`lower(${device} ->> ${sql.raw(`'${what}'`)}) = lower(${name})`;
}

export function isNotKept(keep: string | null): SQL | undefined {
  if (keep === null) return undefined;
  return and(ne(sessionsTable.id, keep), sql`${sessionsTable.parentId} is distinct from ${keep}`);
}
