import { DomainError } from '@app/kernel';
import { type AuthorityMode, RefreshLineage } from '@app/sessions';
import { type AccessTokenClaims, type Client } from '@app/tokens';
import { Injectable } from '@nestjs/common';
import { noTokenId, type Principal } from '../domain/principal.js';
import { RefreshTokenProof, type ProvenRefreshToken } from './refresh-token-proof.js';
import { SessionCheck } from './session-check.js';

/** A token that would be accepted now. */
export interface LiveToken {
  readonly principal: Principal;
  /** Who vouched for this answer. */
  readonly mode: AuthorityMode;
  readonly expiresAt: Date;
  /** What the token itself says; null for a refresh token, which says nothing. */
  readonly claims: AccessTokenClaims | null;
}

/** Tells a client whether a token that it was shown is good, by the very check that a request goes through. */
@Injectable()
export class TokenIntrospection {
  constructor(
    private readonly check: SessionCheck,
    private readonly refreshTokens: RefreshTokenProof,
    private readonly lineage: RefreshLineage,
  ) {}

  /**
   * Null for a token that is dead, unknown, or none of the client's business. Rejects with StoreUnavailableError
   * when nobody can vouch: that is never "dead".
   */
  async introspect(token: string, client: Client): Promise<LiveToken | null> {
    try {
      // Only applications hold refresh tokens. A service that is shown one instead of an access token is lied to.
      const refreshToken = client.kind === 'application' ? await this.refreshTokens.of(token) : null;
      const live = refreshToken ? await this.refresh(refreshToken) : await this.access(token);
      // Who may only read, or has to choose another password first, may do nothing elsewhere: nobody there would know.
      return live?.principal.session.scope === 'full' ? live : null;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') return null;
      throw error;
    }
  }

  private async access(token: string): Promise<LiveToken> {
    const { principal, mode } = await this.check.authenticate(token);
    const { claims } = this.check.claimsOf(token);
    return { principal, mode, expiresAt: claims.expiresAt, claims };
  }

  private async refresh({ session, generation }: ProvenRefreshToken): Promise<LiveToken | null> {
    if (!this.lineage.isRedeemable(session, generation)) return null;
    const { principal, mode } = await this.check.vouchFor({
      userId: session.userId,
      sessionId: session.id,
      tokenId: noTokenId,
      issuedAt: session.createdAt,
      expiresAt: session.expiresAt,
      authenticatedAt: session.authenticatedAt,
      methods: [],
    });
    const { idleExpiresAt, expiresAt } = principal.session;
    return {
      principal,
      mode,
      expiresAt: idleExpiresAt < expiresAt ? idleExpiresAt : expiresAt,
      claims: null,
    };
  }
}
