import { Clock, SingleFlight } from '@app/kernel';
import { type AccessTokenClaims, AccessTokens } from '@app/tokens';
import { Injectable } from '@nestjs/common';
import {
  SessionEndedError,
  SessionExpiredError,
  TokenExpiredError,
  TokenInvalidError,
  TokenRevokedError,
} from '../domain/auth.errors.js';
import { judge, type Principal, type Standing, type Verdict } from '../domain/principal.js';
import { StandingReader } from '../domain/standing-reader.js';

/** Answers the product's one question: who is this, and is their session still good? */
@Injectable()
export class SessionCheck {
  private readonly reads = new SingleFlight<Standing | null>();

  constructor(
    private readonly tokens: AccessTokens,
    private readonly standings: StandingReader,
    private readonly clock: Clock,
  ) {}

  /**
   * The principal of a live session. Throws the reason otherwise: what is wrong with the token, or how the
   * session ended. StoreUnavailableError means it could not be checked, which is never a refusal.
   */
  async authenticate(token: string): Promise<Principal> {
    const { claims, isExpired } = this.claimsOf(token);
    const verdict = await this.verdictOn(claims);
    if (verdict.kind !== 'live') throw refusal(verdict);
    // An ended session is the better explanation, so the token's own expiry is judged last.
    if (isExpired) throw new TokenExpiredError();
    return verdict.principal;
  }

  /** The claims of any correctly signed token, also of an ended session: what signing out twice needs. */
  claimsOf(token: string): { claims: AccessTokenClaims; isExpired: boolean } {
    const verdict = this.tokens.verify(token);
    if (verdict.kind === 'invalid') throw new TokenInvalidError();
    return { claims: verdict.claims, isExpired: verdict.kind === 'expired' };
  }

  private async verdictOn(claims: AccessTokenClaims): Promise<Verdict> {
    const { sessionId, tokenId } = claims;
    const standing = await this.reads.run(`${sessionId}:${tokenId}`, () =>
      this.standings.read(sessionId, tokenId),
    );
    return judge(standing, claims, this.clock.now());
  }
}

function refusal(verdict: Exclude<Verdict, { kind: 'live' }>): Error {
  switch (verdict.kind) {
    case 'ended':
      return new SessionEndedError(verdict.end);
    case 'expired':
      return new SessionExpiredError(verdict.end);
    case 'token-revoked':
      return new TokenRevokedError();
  }
}
