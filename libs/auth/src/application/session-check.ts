import type { SessionFallback } from '@app/config';
import { StoreUnavailableError } from '@app/kernel';
import { type AuthorityMode, EntryStore, type Lookup } from '@app/sessions';
import { type AccessTokenClaims, AccessTokens } from '@app/tokens';
import { Metrics } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { sessionFallbackToken } from '../auth.config.js';
import { refusalOf, TokenExpiredError, TokenInvalidError, TokenRevokedError } from '../domain/auth.errors.js';
import { noTokenId, type Principal, principalOfToken, type Verdict } from '../domain/principal.js';
import { SessionCacheReader } from './session-cache-reader.js';
import { SessionDatabaseReader } from './session-database-reader.js';

export interface Authenticated {
  readonly principal: Principal;
  /** Who vouched for this answer. */
  readonly mode: AuthorityMode;
}

interface Answer {
  readonly verdict: Verdict;
  readonly mode: AuthorityMode;
  readonly source: 'local' | 'redis' | 'postgres' | 'token';
}

/** Answers the product's one question: who is this, and is their session still good? */
@Injectable()
export class SessionCheck {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly entries: EntryStore,
    private readonly cache: SessionCacheReader,
    private readonly database: SessionDatabaseReader,
    private readonly metrics: Metrics,
    @Inject(sessionFallbackToken) private readonly fallback: SessionFallback,
  ) {}

  /**
   * The principal of a live session. Throws the reason otherwise: what is wrong with the token, or how the
   * session ended. StoreUnavailableError means it could not be checked, which is never a refusal.
   */
  async authenticate(token: string): Promise<Authenticated> {
    const { claims, isExpired } = this.claimsOf(token);
    // An ended session is the better explanation, so the token's own expiry is judged last; and what has expired is no
    // worse for having been revoked, which stores forget with the expiry, each in its own time.
    const authenticated = await this.vouchFor(isExpired ? { ...claims, tokenId: noTokenId } : claims);
    if (isExpired) throw new TokenExpiredError();
    return authenticated;
  }

  /** The same for claims that are proven already, whenever they expire. */
  async vouchFor(claims: AccessTokenClaims): Promise<Authenticated> {
    let answer = this.fromMemory(claims);
    if (!answer) {
      const lookup = await this.cache.lookUp(claims);
      answer = this.fromRedis(claims, lookup) ?? (await this.withoutRedis(claims, lookup));
    }
    const { verdict, mode, source } = answer;
    this.metrics.sessionChecks.inc(verdict.kind, source);
    if (verdict.kind !== 'live') throw refusal(verdict);
    return { principal: verdict.principal, mode };
  }

  /** The claims of any correctly signed token, also of an ended session: what signing out twice needs. */
  claimsOf(token: string): { claims: AccessTokenClaims; isExpired: boolean } {
    const verdict = this.tokens.verify(token);
    if (verdict.kind === 'invalid') throw new TokenInvalidError();
    return { claims: verdict.claims, isExpired: verdict.kind === 'expired' };
  }

  private fromMemory(claims: AccessTokenClaims): Answer | null {
    const remembered = this.cache.fromMemory(claims);
    return remembered && { verdict: remembered, mode: 'normal', source: 'local' };
  }

  private fromRedis(claims: AccessTokenClaims, lookup: Lookup | null): Answer | null {
    const cached = lookup && this.cache.fromLookup(lookup, claims);
    return cached && { verdict: cached, mode: 'normal', source: 'redis' };
  }

  /** Redis is away, or cannot tell. */
  private async withoutRedis(claims: AccessTokenClaims, lookup: Lookup | null): Promise<Answer> {
    const isRedisAway = lookup === null && this.entries.isConfigured;
    if (isRedisAway && this.fallback === 'deny') throw new StoreUnavailableError('redis');
    if (isRedisAway && this.fallback === 'token-only') {
      return {
        verdict: { kind: 'live', principal: principalOfToken(claims) },
        mode: 'token-only',
        source: 'token',
      };
    }
    return this.askPostgres(claims, lookup, isRedisAway ? 'database' : 'normal');
  }

  private async askPostgres(
    claims: AccessTokenClaims,
    lookup: Lookup | null,
    mode: AuthorityMode,
  ): Promise<Answer> {
    try {
      return { verdict: await this.database.verdictOn(claims, lookup), mode, source: 'postgres' };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      const again = await this.cache.lookUpWithHistory(claims);
      const verdict = this.cache.withoutPostgres(again, claims);
      if (!verdict) throw error;
      return { verdict, mode: 'cache-only', source: 'redis' };
    }
  }
}

function refusal(verdict: Exclude<Verdict, { kind: 'live' }>): Error {
  switch (verdict.kind) {
    case 'ended':
    case 'expired':
      return refusalOf(verdict.end);
    case 'token-revoked':
      return new TokenRevokedError();
  }
}
