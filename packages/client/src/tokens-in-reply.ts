import type { Tokens } from './token-store.js';

/** The tokens that a reply to signing in, refreshing, stepping up or a new password holds; null if it holds none. */
export function tokensIn(data: unknown, askedAt: number): Tokens | null {
  if (typeof data !== 'object' || data === null) return null;
  const {
    access_token: access,
    refresh_token: refresh,
    expires_in: seconds,
  } = data as Record<string, unknown>;
  if (typeof access !== 'string' || typeof refresh !== 'string' || typeof seconds !== 'number') return null;
  return { accessToken: access, refreshToken: refresh, expiresAt: askedAt + seconds * 1_000 };
}
