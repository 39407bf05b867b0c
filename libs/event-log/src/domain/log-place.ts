import { DomainError } from '@app/kernel';
import { packSnapshot, type Snapshot, unpackSnapshot } from './log-snapshot.js';

/**
 * How far somebody has read the log: everything that `since` shows and, of what `upto` shows besides, the events up to
 * `lastId`. Neither a number nor a time would do: a transaction that commits late has events with older ones.
 *
 * It means the same to every instance, and every event is either before or after it, for ever.
 */
export interface LogPlace {
  /** Digest of the database and its timeline: after a failover or a restored backup the numbers mean something else. */
  readonly database: string;
  readonly since: Snapshot;
  /** Null between two stretches; `lastId` is only a witness then. */
  readonly upto: Snapshot | null;
  /** An event that was read; 0 if none was. If it is gone otherwise than by its age, others may be gone that were not read. */
  readonly lastId: number;
}

/** The log cannot be continued from a place: it is of another database or history, or what followed it is removed. */
export class LogPlaceLostError extends DomainError {
  readonly code = 'CURSOR_GONE';
  readonly kind = 'gone';

  constructor() {
    super('The log cannot be continued from there. Begin anew.');
  }
}

/** Longest cursor that is read; hundreds of transactions running at once still fit. */
const maxLength = 4_096;

/** Opaque to whoever gets it; needs no escaping in headers and addresses. */
export function encodePlace({ database, since, upto, lastId }: LogPlace): string {
  const parts = [database, lastId.toString(36), packSnapshot(since)];
  return [...parts, ...(upto === null ? [] : [packSnapshot(upto)])].join('.');
}

/** Throws LogPlaceLostError for what is no cursor of ours. */
export function decodePlace(cursor: string): LogPlace {
  const [database = '', last = '', since = '', upto, ...rest] =
    cursor.length > maxLength ? [] : cursor.split('.');
  const place = {
    database,
    since: unpackSnapshot(since),
    upto: upto === undefined ? null : unpackSnapshot(upto),
    lastId: /^[0-9a-z]{1,11}$/.test(last) ? Number.parseInt(last, 36) : Number.NaN,
  };
  const isWhole =
    /^[0-9a-f]{1,16}$/.test(database) && Number.isSafeInteger(place.lastId) && rest.length === 0;
  const { since: from } = place;
  if (!isWhole || from === null || (upto !== undefined && place.upto === null)) throw new LogPlaceLostError();
  return { ...place, since: from };
}

/** Equal for places that everything follows alike. */
export function keyOf({ since, upto, lastId }: LogPlace): string {
  return upto === null ? since : `${since} ${upto} ${lastId}`;
}
