import type { LiveToken } from '@app/auth';
import type { TokensConfig } from '@app/config';
import { firstPartyClientId } from '@app/tokens';

/** Of a dead token nothing is told, not even why it is dead (RFC 7662 §2.2). */
export function presentIntrospection(
  token: LiveToken | null,
  { issuer, audience }: Pick<TokensConfig, 'issuer' | 'audience'>,
) {
  if (!token) return { active: false };
  const { principal, claims, expiresAt } = token;
  const { user, session } = principal;
  return {
    active: true,
    token_type: claims ? ('Bearer' as const) : ('refresh_token' as const),
    sub: user.id,
    sid: session.id,
    username: user.username ?? user.email ?? undefined,
    client_id: firstPartyClientId,
    iss: issuer,
    exp: inSeconds(expiresAt),
    auth_time: inSeconds(claims?.authenticatedAt ?? session.authenticatedAt),
    ...(claims && {
      aud: audience,
      jti: claims.tokenId,
      iat: inSeconds(claims.issuedAt),
      amr: [...claims.methods],
    }),
  };
}

function inSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
