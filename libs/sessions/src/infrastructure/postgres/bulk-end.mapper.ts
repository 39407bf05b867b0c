import type { SessionId, UserId } from '@app/kernel';
import { z } from 'zod';
import type { BulkEnd, EndedOfUser, UnprovenBatch } from '../../domain/bulk-end.js';
import type { EndReason } from '../../domain/session.js';
import type { SessionFilter } from '../../domain/session-directory.js';
import type { bulkEndBatchesTable, bulkEndsTable } from './bulk-ends.table.js';

type BulkEndRow = typeof bulkEndsTable.$inferSelect;
type BatchRow = typeof bulkEndBatchesTable.$inferSelect;

const instant = z.iso.datetime().transform((text) => new Date(text));
const text = z.string();

/** As JSON has kept it. */
const storedFilter = z.strictObject({
  userId: text.transform((id) => id as UserId).optional(),
  network: text.optional(),
  browser: text.optional(),
  os: text.optional(),
  kind: z.enum(['desktop', 'mobile', 'tablet', 'tv', 'bot', 'other']).optional(),
  profile: z.enum(['standard', 'strict', 'admin', 'remember']).optional(),
  createdAfter: instant.optional(),
  createdBefore: instant.optional(),
  seenAfter: instant.optional(),
  seenBefore: instant.optional(),
});

/** Reading a filter that this version does not know in full throws: it would end more than was asked for. */
export function toFilter(stored: unknown): SessionFilter {
  return storedFilter.parse(stored);
}

const storedSessions = z.array(
  z
    .object({ id: text, userId: text, at: instant, reason: text })
    .transform(({ id, userId, at, reason }): EndedOfUser => ({
      id: id as SessionId,
      userId: userId as UserId,
      end: { at, reason: reason as EndReason },
    })),
);

export function toBulkEnd(row: BulkEndRow): BulkEnd {
  const { id, matched, ended, failed, state, createdAt, finishedAt, placeAt, placeId } = row;
  return {
    id,
    filter: toFilter(row.filter),
    act: { by: row.by as UserId | null, note: row.note },
    keep: row.keep as SessionId | null,
    state,
    matched,
    ended,
    failed,
    createdAt,
    finishedAt,
    place: placeAt && placeId !== null ? { at: placeAt, id: placeId as SessionId } : null,
  };
}

export function toBatch({ id, bulkEndId, sessions }: BatchRow): UnprovenBatch {
  return { id, bulkEndId, sessions: storedSessions.parse(sessions) };
}

export function toStoredSessions(sessions: readonly EndedOfUser[]): object[] {
  return sessions.map(({ id, userId, end }) => ({ id, userId, at: end.at, reason: end.reason }));
}
