import type { StoredEvent } from './log-readers.js';

/** Each refresh revokes the token before it, which is nobody's act; a client's wish to revoke one names the client. */
export function isOfRefresh({ type, payload }: Pick<StoredEvent, 'type' | 'payload'>): boolean {
  return type === 'token.revoked' && payload.client === undefined;
}
