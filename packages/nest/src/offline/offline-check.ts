import type { Introspection } from '../introspection.js';
import type { RollcallPrincipal, VerifiedToken } from '../principal.js';
import { RollcallException } from '../rollcall.exception.js';
import type { Settings } from '../rollcall.options.js';
import { TokenCheck } from '../token-check.js';
import type { TokenVerifier } from '../token-verifier.js';
import type { RevocationFeed } from './revocation-feed.js';
import type { Revocation } from './revocation-list.js';

/** Judges tokens by what they say and by the feed; while the feed is stale, by the policy for that. */
export class OfflineCheck extends TokenCheck {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly feed: RevocationFeed,
    private readonly introspection: Introspection,
    private readonly settings: Pick<Settings, 'onStaleFeed' | 'whileStarting'>,
  ) {
    super();
  }

  async check(text: string): Promise<RollcallPrincipal> {
    const token = await this.verifier.verify(text);
    // Ended for good: this holds however old it is.
    const revocation = this.feed.about(token);
    if (revocation !== null) throw refusalOf(revocation);
    const { state } = this.feed.status;
    if (state === 'fresh') return { ...token.principal, username: null, vouchedBy: 'feed' };
    return this.decide(token, state === 'starting' ? this.settings.whileStarting : this.settings.onStaleFeed);
  }

  private async decide(token: VerifiedToken, policy: Settings['onStaleFeed']): Promise<RollcallPrincipal> {
    switch (policy) {
      case 'introspect':
        return this.introspection.ask(token);
      case 'allow':
        return { ...token.principal, username: null, vouchedBy: 'signature' };
      case 'refuse':
        throw RollcallException.unavailable('It is not known at the moment which sessions have ended.');
    }
  }
}

function refusalOf(revocation: Revocation | 'key'): RollcallException {
  if (revocation === 'key') return RollcallException.refused('TOKEN_INVALID', 'The token is not valid.');
  if (revocation.kind === 'token')
    return RollcallException.refused('TOKEN_REVOKED', 'The access token was revoked.');
  const facts = { end_reason: revocation.reason, ended_at: revocation.at };
  return RollcallException.refused('SESSION_ENDED', 'The session was ended.', facts);
}
