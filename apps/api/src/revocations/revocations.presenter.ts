import { encodePlace, type EventType, type PlacedEvent } from '@app/event-log';
import { keyTiming } from '@app/tokens';
import type { RevocationView } from './revocations.schemas.js';

const secondMs = 1_000;

/** What ends tokens before their time. */
export const revokingTypes: readonly EventType[] = [
  'session.ended',
  'user.sessions_revoked',
  'token.revoked',
  'key.withdrawn',
];

/**
 * Seconds after which the last token that a revocation is about has died: the longest life that ACCESS_TOKEN_TTL allows,
 * whatever it is on which instance, and a minute for clocks that differ and for what was under way.
 */
export const mattersFor = keyTiming.overlap;

/** Seconds that clocks of instances may differ: a token must not be taken for older than the end it came after. */
const clockLeeway = 60;

/** Null for what revokes nothing. */
export function presentRevocation(event: PlacedEvent): RevocationView | null {
  const { type, userId, sessionId, tokenId, payload, at } = event;
  const of = {
    user_id: userId,
    session_id: null,
    jti: null,
    kid: null,
    issued_before: null,
    at: at.toISOString(),
    expires_at: later(at, mattersFor),
    cursor: encodePlace(event.place),
  };
  const reason = typeof payload['reason'] === 'string' ? payload['reason'] : null;
  switch (type) {
    case 'session.ended':
      return { ...of, kind: 'session', session_id: sessionId, reason: reason ?? 'terminated' };
    case 'user.sessions_revoked':
      return { ...of, kind: 'user', issued_before: later(at, -clockLeeway), reason: reason ?? 'terminated' };
    case 'token.revoked':
      return { ...of, kind: 'token', session_id: sessionId, jti: tokenId, reason: 'token_revoked' };
    case 'key.withdrawn':
      return { ...of, kind: 'key', kid: String(payload['kid']), reason: 'key_withdrawn' };
    default:
      return null;
  }
}

function later(time: Date, seconds: number): string {
  return new Date(time.getTime() + seconds * secondMs).toISOString();
}
