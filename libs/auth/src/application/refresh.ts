import { EventLog, type LogPosition } from '@app/event-log';
import { KeyedQueue, UnitOfWork } from '@app/kernel';
import {
  type EndedSession,
  RefreshLineage,
  RevocationBroadcast,
  type Session,
  type SessionEnd,
} from '@app/sessions';
import { AccessTokens, type RefreshTokenReference, RefreshTokens, type RevokedToken } from '@app/tokens';
import { Log } from '@app/telemetry';
import { type User, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { RefreshReusedError, refusalOf, TokenInvalidError } from '../domain/auth.errors.js';
import { type SignedIn, TokenIssuer } from './token-issuer.js';
import { TokenRevocation } from './token-revocation.js';

type Outcome =
  | { readonly kind: 'invalid' }
  | { readonly kind: 'over'; readonly end: SessionEnd | null }
  | {
      readonly kind: 'reused';
      readonly session: Session;
      readonly end: SessionEnd;
      readonly ended: readonly EndedSession[];
      readonly transaction: LogPosition;
    }
  | {
      readonly kind: 'child';
      readonly user: User;
      readonly session: Session;
      /** The access tokens of the generation that this call ended. */
      readonly spent: RevokedToken | null;
    };

/** Refreshes of one session that may wait for its row at once, per instance; each would hold a connection. */
const maxWaitingPerSession = 200;

/** Exchanges a refresh token for the next pair. Asks Postgres only, in one transaction under the session's lock. */
@Injectable()
export class Refresh {
  private readonly perSession = new KeyedQueue(maxWaitingPerSession);

  constructor(
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly issuer: TokenIssuer,
    private readonly lineage: RefreshLineage,
    private readonly users: UserRepository,
    private readonly revocation: TokenRevocation,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly log: Log,
  ) {}

  /**
   * The same parent yields the same child for REFRESH_GRACE_SECONDS or until the child is spent; after that it is
   * theft and ends the session. Throws TokenInvalidError, SessionEndedError, SessionExpiredError, RefreshReusedError;
   * OverloadedError when too many wait for the session.
   */
  async withToken(text: string): Promise<SignedIn> {
    const reference = this.refreshTokens.parse(text);
    if (!reference) throw new TokenInvalidError();
    const outcome = await this.perSession.run(reference.sessionId, () =>
      this.work.run(() => this.attempt(text, reference)),
    );
    switch (outcome.kind) {
      case 'invalid':
        throw new TokenInvalidError();
      case 'over':
        throw refusalOf(outcome.end);
      case 'reused':
        return this.refuseReused(outcome);
      case 'child':
        if (outcome.spent) await this.revocation.announce(outcome.spent);
        return this.issuer.issue(outcome.user, outcome.session);
    }
  }

  private async attempt(text: string, reference: RefreshTokenReference): Promise<Outcome> {
    const session = await this.lineage.lock(reference.sessionId);
    if (!session || !this.refreshTokens.isGenuine(text, reference, session.refreshNonce)) {
      return { kind: 'invalid' };
    }
    // Read after the lock was granted: whoever ends all sessions of the user has either finished or waits for it.
    const user = await this.users.find(session.userId);
    if (!user || isFenced(session, user)) return { kind: 'over', end: session.ended ?? disablingOf(user) };
    const spending = await this.lineage.spend(session, reference.generation);
    switch (spending.kind) {
      case 'over':
        return spending;
      case 'reused':
        return { ...spending, transaction: await this.events.transaction() };
      case 'child':
        return {
          kind: 'child',
          user,
          session: spending.session,
          spent: spending.isFirst ? await this.revokeAccessTokens(session) : null,
        };
    }
  }

  private async revokeAccessTokens(parent: Session): Promise<RevokedToken> {
    const of = { sessionId: parent.id, generation: parent.refreshGeneration };
    const token = {
      tokenId: this.refreshTokens.accessTokenId(of, parent.refreshNonce),
      userId: parent.userId,
      sessionId: parent.id,
      expiresAt: this.accessTokens.lastExpiry(),
    };
    await this.revocation.mark(token);
    return token;
  }

  private async refuseReused(outcome: Extract<Outcome, { kind: 'reused' }>): Promise<never> {
    const { session, end, ended, transaction } = outcome;
    this.log.warn('refresh.reused', { user_id: session.userId, session_id: session.id });
    const burial = { userId: session.userId, sessions: ended, generation: null, tokens: [] };
    await this.broadcast.settle({ transaction, burial });
    throw new RefreshReusedError(end);
  }
}

/** What ends a session without having marked its row: the state of its user, and the generation. */
function isFenced(session: Session, user: User): boolean {
  return user.disabledAt !== null || session.gen < user.gen;
}

function disablingOf(user: User | null): SessionEnd | null {
  return user?.disabledAt ? { at: user.disabledAt, reason: 'user_disabled' } : null;
}
