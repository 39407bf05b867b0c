declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** UUID v7 of a user; the `sub` of its tokens, never reused. */
export type UserId = Branded<string, 'UserId'>;
/** Public reference of a session: 64 hex characters from a CSPRNG. It opens nothing. */
export type SessionId = Branded<string, 'SessionId'>;
/** `jti` of one access token. */
export type TokenId = Branded<string, 'TokenId'>;

const sessionIdPattern = /^[0-9a-f]{64}$/;

/** The value as a session id, or null if it cannot be one; spares the store a question with a known answer. */
export function parseSessionId(value: string): SessionId | null {
  return sessionIdPattern.test(value) ? (value as SessionId) : null;
}
