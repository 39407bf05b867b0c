import type { SessionId, TokenId, UserId } from '@app/kernel';

/**
 * The `client_id` of every token (RFC 9068 §2.2): people sign in to the installation itself, whatever app shows
 * the form.
 */
export const firstPartyClientId = 'rollcall';

/**
 * The `aud` of tokens whose session may not do everything: it may only read, or has to choose another password first. No
 * other service can tell from a token, so none takes one that is not for it (RFC 9068 §4).
 */
export function ownAudience(issuer: string): string {
  return `${issuer}/api/v1`;
}

/** What an access token says (RFC 9068). It carries no e-mail, name or role: those are read with the session. */
export interface AccessTokenClaims {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly tokenId: TokenId;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** When the person last proved the password. */
  readonly authenticatedAt: Date;
  /** RFC 8176 method names, e.g. `pwd`. */
  readonly methods: readonly string[];
}

/** Outcome of checking a token by itself. `expired` is correctly signed, so its holder may be told about it. */
export type TokenVerdict =
  | { readonly kind: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'expired'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'invalid' };
