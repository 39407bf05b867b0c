import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import {
  type EndedMany,
  type EndedOne,
  RevocationBroadcast,
  SessionAuthority,
  type SessionEnd,
  SessionNotFoundError,
} from '@app/sessions';
import { UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { RefreshTokenProof } from './refresh-token-proof.js';
import { SessionCheck } from './session-check.js';

@Injectable()
export class SignOut {
  constructor(
    private readonly check: SessionCheck,
    private readonly refreshTokens: RefreshTokenProof,
    private readonly sessions: SessionAuthority,
    private readonly broadcast: RevocationBroadcast,
    private readonly users: UserRepository,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the session of a correctly signed token. An expired token or a session that is over already is no
   * error: the person wants to be signed out and is. Throws TokenInvalidError for anything else.
   */
  async ofToken(token: string): Promise<EndedOne> {
    const { claims } = this.check.claimsOf(token);
    try {
      return await this.sessions.end(claims.sessionId, { userId: claims.userId }, 'signout');
    } catch (error) {
      // The row has been purged with the history; the session is as over as can be.
      if (error instanceof SessionNotFoundError) {
        return { at: this.clock.now(), reason: 'signout', propagation: 'complete' };
      }
      throw error;
    }
  }

  /**
   * The same for somebody whose access token is gone: ends the session of a genuine refresh token, spent or not.
   * Null for any other, which identifies nobody.
   */
  async ofRefreshToken(text: string): Promise<EndedOne | null> {
    const proven = await this.refreshTokens.of(text);
    return proven && this.sessions.end(proven.session.id, { userId: proven.session.userId }, 'signout');
  }

  /** Ends every session of the user, this one too, and starts a new generation. */
  async everywhere(userId: UserId): Promise<EndedMany> {
    const end: SessionEnd = { at: this.clock.now(), reason: 'signout_all' };
    const { count, gen, transaction } = await this.work.run(async () => {
      await this.users.lock(userId);
      const ended = await this.sessions.endAll(userId, { end, by: userId });
      const next = await this.users.nextGeneration(userId, end.at);
      await this.events.append([
        {
          type: 'user.sessions_revoked',
          userId,
          gen: next,
          payload: { reason: end.reason, ended: ended.length },
          at: end.at,
        },
      ]);
      return { count: ended.length, gen: next, transaction: await this.events.transaction() };
    });
    const burial = { userId, sessions: [], generation: { minimum: gen, end }, tokens: [] };
    return { count, propagation: await this.broadcast.settle({ transaction, burial }) };
  }
}
