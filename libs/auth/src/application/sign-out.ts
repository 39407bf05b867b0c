import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import { SessionAuthority, type SessionEnd, SessionNotFoundError } from '@app/sessions';
import { UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { SessionCheck } from './session-check.js';

@Injectable()
export class SignOut {
  constructor(
    private readonly check: SessionCheck,
    private readonly sessions: SessionAuthority,
    private readonly users: UserRepository,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the session of a correctly signed token. An expired token or a session that is over already is no
   * error: the person wants to be signed out and is. Throws TokenInvalidError for anything else.
   */
  async ofToken(token: string): Promise<SessionEnd> {
    const { claims } = this.check.claimsOf(token);
    try {
      return await this.sessions.end(claims.sessionId, { userId: claims.userId }, 'signout');
    } catch (error) {
      // The row has been purged with the history; the session is as over as can be.
      if (error instanceof SessionNotFoundError) return { at: this.clock.now(), reason: 'signout' };
      throw error;
    }
  }

  /** Ends every session of the user, this one too, and starts a new generation; returns how many were live. */
  async everywhere(userId: UserId): Promise<number> {
    return this.work.run(async () => {
      await this.users.lock(userId);
      const at = this.clock.now();
      const ended = await this.sessions.endAll(userId, 'signout_all', userId);
      const gen = await this.users.nextGeneration(userId, at);
      await this.events.append([
        { type: 'user.sessions_revoked', userId, gen, payload: { reason: 'signout_all', ended }, at },
      ]);
      return ended;
    });
  }
}
