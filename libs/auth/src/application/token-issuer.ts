import type { Propagation, Session } from '@app/sessions';
import { type IssuedAccessToken, AccessTokens, RefreshTokens } from '@app/tokens';
import type { User } from '@app/users';
import { Injectable } from '@nestjs/common';

/** What a person gets for proving who they are. The tokens appear here once and are stored nowhere. */
export interface SignedIn {
  readonly user: User;
  readonly session: Session;
  readonly accessToken: IssuedAccessToken;
  readonly refreshToken: string;
}

/** A session in exchange for the one of the request; how far the end of the old one has spread. */
export interface Replaced extends SignedIn {
  readonly propagation: Propagation;
}

@Injectable()
export class TokenIssuer {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
  ) {}

  /** The tokens of the session's present generation: the same refresh token each time. */
  issue(user: User, session: Session): SignedIn {
    const of = { sessionId: session.id, generation: session.refreshGeneration };
    return {
      user,
      session,
      accessToken: this.accessTokens.issue({
        userId: user.id,
        sessionId: session.id,
        tokenId: this.refreshTokens.accessTokenId(of, session.refreshNonce),
        authenticatedAt: session.authenticatedAt,
        notAfter: session.expiresAt,
        isForUsOnly: session.scope !== 'full',
      }),
      refreshToken: this.refreshTokens.derive(of, session.refreshNonce),
    };
  }
}
