import type { SessionId, TokenId, UserId } from '@app/kernel';
import {
  endOf,
  type SessionEnd,
  type SessionProfile,
  type SessionScope,
  type SessionSpan,
} from '@app/sessions';
import type { AccessTokenClaims } from '@app/tokens';
import type { Role } from '@app/users';

/** Who makes a request, attached to it by the session guard. */
export interface Principal {
  readonly user: {
    readonly id: UserId;
    /** Null only where nobody was asked who the user is (`SESSION_FALLBACK=token-only`). */
    readonly email: string | null;
    readonly username: string | null;
    readonly fullName: string | null;
    readonly role: Role;
  };
  readonly session: {
    readonly id: SessionId;
    readonly profile: SessionProfile;
    readonly scope: SessionScope;
    /** Digest of the browser and system it was opened with; null where nobody compares it. */
    readonly agent: string | null;
    readonly authenticatedAt: Date;
    readonly createdAt: Date;
    readonly idleExpiresAt: Date;
    readonly expiresAt: Date;
  };
  readonly tokenId: TokenId;
  readonly tokenExpiresAt: Date;
}

/** What a token alone tells: enough to name the user, with the least rights. */
export function principalOfToken(claims: AccessTokenClaims): Principal {
  const { userId, sessionId, authenticatedAt, expiresAt, issuedAt, tokenId } = claims;
  return {
    user: { id: userId, email: null, username: null, fullName: null, role: 'user' },
    session: {
      id: sessionId,
      profile: 'standard',
      // Whether it is a share cannot be told from the token.
      scope: 'full',
      agent: null,
      authenticatedAt,
      createdAt: issuedAt,
      idleExpiresAt: expiresAt,
      expiresAt,
    },
    tokenId,
    tokenExpiresAt: expiresAt,
  };
}

/** How session, user and token stand in the durable store at one moment. */
export interface Standing {
  readonly user: Principal['user'] & {
    readonly email: string;
    readonly gen: number;
    readonly disabledAt: Date | null;
  };
  readonly session: Principal['session'] & SessionSpan & { readonly gen: number };
  /** Tokens of the session on the blacklist. */
  readonly revokedTokens: readonly TokenId[];
}

/** Verdict on a correctly signed token. */
export type Verdict =
  | { readonly kind: 'live'; readonly principal: Principal }
  | { readonly kind: 'ended'; readonly end: SessionEnd | null }
  | { readonly kind: 'expired'; readonly end: SessionEnd }
  | { readonly kind: 'token-revoked' };

/** Where no token is meant, only its session; no access token has this id. */
export const noTokenId = '-' as TokenId;

/**
 * Decides from the store's answer whether the bearer is who the token says. The generation check is a fence
 * behind the row's own end: whatever ended all sessions of the user counts even for a row it missed.
 */
export function judge(standing: Standing | null, claims: AccessTokenClaims, now: Date): Verdict {
  if (!standing || standing.user.id !== claims.userId) return { kind: 'ended', end: null };
  const { user, session } = standing;
  const end = endOf(session, now);
  if (end?.reason === 'expired_idle' || end?.reason === 'expired_absolute') return { kind: 'expired', end };
  if (end) return { kind: 'ended', end };
  if (user.disabledAt) return { kind: 'ended', end: { at: user.disabledAt, reason: 'user_disabled' } };
  if (session.gen < user.gen) return { kind: 'ended', end: null };
  if (standing.revokedTokens.includes(claims.tokenId)) return { kind: 'token-revoked' };
  return {
    kind: 'live',
    principal: { user, session, tokenId: claims.tokenId, tokenExpiresAt: claims.expiresAt },
  };
}
