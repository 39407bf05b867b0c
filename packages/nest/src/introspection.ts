import { Logger } from '@nestjs/common';
import { type Authority, AuthorityError } from './authority.js';
import type { RollcallPrincipal, VerifiedToken } from './principal.js';
import { RollcallException } from './rollcall.exception.js';
import type { Settings } from './rollcall.options.js';
import { TokenCheck } from './token-check.js';
import type { TokenVerifier } from './token-verifier.js';

const maxRemembered = 10_000;

interface Remembered {
  readonly principal: RollcallPrincipal;
  readonly until: number;
}

/** Asks Rollcall about tokens that are good by themselves (RFC 7662). */
export class Introspection {
  private readonly remembered = new Map<string, Remembered>();
  private readonly log = new Logger('Rollcall');

  constructor(
    private readonly authority: Authority,
    private readonly settings: Pick<
      Settings,
      'introspectionTimeoutMs' | 'introspectionCacheMs' | 'monotonicMs'
    >,
  ) {}

  /** Rejects with a RollcallException: 401 for a dead token, 503 when Rollcall could not say. */
  async ask({ text, principal }: VerifiedToken): Promise<RollcallPrincipal> {
    const askedAt = this.settings.monotonicMs();
    const known = this.remembered.get(principal.tokenId);
    if (known && askedAt < known.until) return known.principal;
    const reply = await this.answer(text);
    if (reply['active'] !== true || reply['sid'] !== principal.sessionId || reply['sub'] !== principal.userId)
      // Why it is dead is not told. Refreshing finds out, and gets a good one if the session lives.
      throw RollcallException.refused('TOKEN_REVOKED', 'The token was revoked, or its session is over.');
    const { username } = reply;
    const vouched: RollcallPrincipal = {
      ...principal,
      username: typeof username === 'string' ? username : null,
      vouchedBy: 'introspection',
    };
    this.remember(vouched, askedAt);
    return vouched;
  }

  private async answer(token: string): Promise<Readonly<Record<string, unknown>>> {
    try {
      const timeoutMs = this.settings.introspectionTimeoutMs;
      const reply = await this.authority.ask('/api/v1/oauth/introspect', { timeoutMs, form: { token } });
      if (typeof reply !== 'object' || reply === null) throw new AuthorityError('no JSON object', 0, null);
      return reply as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof AuthorityError)) throw error;
      // Nothing that a caller of this service could mend: the credentials are wrong or the client is disabled.
      if (error.status >= 400 && error.status < 429)
        this.log.error(`Introspection is refused: ${error.message}`);
      throw RollcallException.unavailable(
        'It could not be checked whether the session lives.',
        error.retryAfterSeconds ?? 1,
      );
    }
  }

  private remember(principal: RollcallPrincipal, askedAt: number): void {
    const { introspectionCacheMs } = this.settings;
    if (introspectionCacheMs === 0) return;
    if (this.remembered.size >= maxRemembered) this.remembered.clear();
    this.remembered.set(principal.tokenId, { principal, until: askedAt + introspectionCacheMs });
  }
}

/** Verifies first: what no key of Rollcall has signed, or has expired, need not be asked about. */
export class IntrospectingCheck extends TokenCheck {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly introspection: Introspection,
  ) {
    super();
  }

  async check(token: string): Promise<RollcallPrincipal> {
    return this.introspection.ask(await this.verifier.verify(token));
  }
}
