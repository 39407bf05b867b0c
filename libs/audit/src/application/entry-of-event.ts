import { shownPayload, type StoredEvent } from '@app/event-log';
import type { ActorKind, AuditEntry } from '../domain/audit-record.js';

/** Done by whoever it was: the account does not tell. */
const byAnybody: ReadonlySet<string> = new Set([
  'rate_limit.exceeded',
  'session.refresh_reused',
  'share.redeemed',
  'signin.failed',
  'token.revoked',
]);

/** Ends that the owner brings about. */
const byOwner: ReadonlySet<unknown> = new Set([
  'password_change',
  'replaced',
  'signout',
  'signout_all',
  'terminated',
]);

/**
 * What the audit keeps of an event: everything that may be shown. `by` of the payload is who did it, null a command;
 * an event without `by` is the owner's own doing, or nobody's.
 */
export function entryOf(event: StoredEvent): AuditEntry {
  const { by, note, ip_address: ip, address, ...details } = shownPayload(event.payload);
  const actor = actorOf(event, by);
  return {
    eventId: event.id,
    type: event.type,
    at: event.at,
    ...actor,
    userId: event.userId,
    sessionId: event.sessionId,
    tokenId: event.tokenId,
    note: textOf(note),
    ipAddress: textOf(ip) ?? textOf(address),
    details,
  };
}

function actorOf(event: StoredEvent, by: unknown): Pick<AuditEntry, 'actorKind' | 'actorId'> {
  if (typeof by === 'string') return { actorKind: 'user', actorId: by };
  const kind = by === null ? 'command' : kindOf(event);
  return { actorKind: kind, actorId: kind === 'user' ? event.userId : null };
}

function kindOf({ type, userId, payload }: StoredEvent): ActorKind {
  if (byAnybody.has(type)) return 'unknown';
  const isEnd = ['session.ended', 'session.expired', 'user.sessions_revoked'].includes(type);
  if (userId === null || (isEnd && !byOwner.has(payload.reason))) return 'system';
  return 'user';
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
