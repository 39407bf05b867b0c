import type { SessionsConfig } from '@app/config';
import { EventLog } from '@app/event-log';
import { Clock, RandomSource, type SessionId, UnitOfWork, type UserId } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type ClientFacts, type EndReason, endOf, type Session, type SessionEnd } from '../domain/session.js';
import { SessionRepository } from '../domain/session-repository.js';
import { SessionLimitReachedError, SessionNotFoundError } from '../domain/sessions.errors.js';
import { sessionsConfigToken } from '../sessions.config.js';

/** Who is asking to end something. */
export interface Actor {
  readonly userId: UserId;
}

/**
 * Creates, lists and ends sessions. Every change and its event commit together. Callers that create or end
 * sessions of a user hold the user's row lock, which is what makes the limit exact.
 */
@Injectable()
export class SessionAuthority {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
  ) {}

  /**
   * Opens a session within the caller's unit of work, which must hold the user's row lock. At the limit the
   * policy decides: others end with reason `limit`, or SessionLimitReachedError.
   */
  async issue(owner: { id: UserId; gen: number }, client: ClientFacts): Promise<Session> {
    const now = this.clock.now();
    await this.makeRoom(owner.id, now);
    const session = this.draft(owner, client, now);
    await this.sessions.insert(session);
    await this.events.append([{ type: 'session.created', userId: owner.id, sessionId: session.id, at: now }]);
    return session;
  }

  /** Newest first. */
  list(owner: UserId): Promise<Session[]> {
    return this.sessions.listLive(owner, this.clock.now());
  }

  count(owner: UserId): Promise<number> {
    return this.sessions.countLive(owner, this.clock.now());
  }

  /** Throws SessionNotFoundError for an unknown session and for somebody else's. */
  async get(id: SessionId, owner: UserId): Promise<Session> {
    const session = await this.sessions.findOwned(id, owner);
    if (!session) throw new SessionNotFoundError();
    return session;
  }

  /** Ends one session of the actor. Repeating it is harmless and tells how the session really ended. */
  end(id: SessionId, actor: Actor, reason: EndReason): Promise<SessionEnd> {
    return this.work.run(async () => {
      const at = this.clock.now();
      if (await this.sessions.end(id, actor.userId, { reason, at, by: actor.userId })) {
        await this.recordEnds(actor.userId, [id], reason, at);
        return { at, reason };
      }
      const session = await this.get(id, actor.userId);
      return endOf(session, at) ?? { at, reason };
    });
  }

  /** Ends all live sessions of the actor but `keep`; returns how many. */
  endOthers(actor: Actor, keep: SessionId): Promise<number> {
    return this.work.run(async () => {
      const at = this.clock.now();
      const ended = await this.sessions.endAll(
        actor.userId,
        { reason: 'terminated', at, by: actor.userId },
        keep,
      );
      await this.recordEnds(actor.userId, ended, 'terminated', at);
      return ended.length;
    });
  }

  /** Ends all live sessions of a user within the caller's unit of work; returns how many. */
  async endAll(owner: UserId, reason: EndReason, by: UserId | null): Promise<number> {
    const at = this.clock.now();
    const ended = await this.sessions.endAll(owner, { reason, at, by }, null);
    await this.recordEnds(owner, ended, reason, at);
    return ended.length;
  }

  private async makeRoom(owner: UserId, at: Date): Promise<void> {
    const { limit, limitPolicy } = this.config;
    if (limitPolicy === 'deny') {
      if ((await this.sessions.countLive(owner, at)) >= limit) throw new SessionLimitReachedError(limit);
      return;
    }
    const order = limitPolicy === 'evict_idle' ? 'idle' : 'oldest';
    const ended = await this.sessions.endSurplus(
      owner,
      { reason: 'limit', at, by: null },
      { keep: limit - 1, order },
    );
    await this.recordEnds(owner, ended, 'limit', at);
  }

  private draft(owner: { id: UserId; gen: number }, client: ClientFacts, now: Date): Session {
    const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
    return {
      id: this.random.bytes(32).toString('hex') as SessionId,
      userId: owner.id,
      gen: owner.gen,
      createdAt: now,
      authenticatedAt: now,
      lastAccessAt: now,
      idleExpiresAt: after(this.config.idleTtlSeconds),
      expiresAt: after(this.config.absoluteTtlSeconds),
      client,
      ipsUsed: [client.ipAddress],
      requestCount: 0,
      refreshNonce: this.random.bytes(32),
      refreshGeneration: 0,
      ended: null,
    };
  }

  private recordEnds(owner: UserId, ids: readonly SessionId[], reason: EndReason, at: Date): Promise<void> {
    return this.events.append(
      ids.map((sessionId) => ({ type: 'session.ended', userId: owner, sessionId, payload: { reason }, at })),
    );
  }
}
