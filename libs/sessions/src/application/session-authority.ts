import type { SessionsConfig } from '@app/config';
import { EventLog } from '@app/event-log';
import { Clock, RandomSource, type SessionId, UnitOfWork, type UserId } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { Burial } from '../domain/coherence/entry-store.js';
import { type ClientFacts, type EndReason, endOf, type Session, type SessionEnd } from '../domain/session.js';
import { SessionRepository } from '../domain/session-repository.js';
import { SessionLimitReachedError, SessionNotFoundError } from '../domain/sessions.errors.js';
import { sessionsConfigToken } from '../sessions.config.js';
import { feedTiming } from './coherence/feed-timing.js';
import { type Propagation, RevocationBroadcast } from './coherence/revocation-broadcast.js';

/** Who is asking to end something. */
export interface Actor {
  readonly userId: UserId;
}

export interface EndedOne extends SessionEnd {
  readonly propagation: Propagation;
}

export interface EndedMany {
  readonly count: number;
  readonly propagation: Propagation;
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
    private readonly broadcast: RevocationBroadcast,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    private readonly metrics: Metrics,
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
    this.work.afterCommit(() => this.metrics.sessionsStarted.inc());
    return session;
  }

  /** Newest first. */
  list(owner: UserId): Promise<Session[]> {
    return this.sessions.listLive(owner, this.clock.now());
  }

  count(owner: UserId): Promise<number> {
    return this.sessions.countLive(owner, this.clock.now());
  }

  /** Ended or not, whoever owns it: for callers that hold a proof of their own, such as a refresh token. */
  find(id: SessionId): Promise<Session | null> {
    return this.sessions.find(id);
  }

  /** Throws SessionNotFoundError for an unknown session and for somebody else's. */
  async get(id: SessionId, owner: UserId): Promise<Session> {
    const session = await this.sessions.findOwned(id, owner);
    if (!session) throw new SessionNotFoundError();
    return session;
  }

  /**
   * Ends one session of the actor. May be repeated, e.g. until it is proven to hold everywhere, and then tells
   * how the session really ended.
   */
  async end(id: SessionId, actor: Actor, reason: EndReason): Promise<EndedOne> {
    const { end, transaction } = await this.work.run(async () => {
      const at = this.clock.now();
      const isNew = await this.sessions.end(id, actor.userId, { reason, at, by: actor.userId });
      if (isNew) await this.recordEnds(actor.userId, [id], { reason, at });
      const known = isNew ? null : endOf(await this.get(id, actor.userId), at);
      return { end: known ?? { at, reason }, transaction: await this.events.transaction() };
    });
    const burial = burialOf(actor.userId, [id], end);
    return { ...end, propagation: await this.broadcast.settle({ transaction, burial }) };
  }

  /**
   * Ends all live sessions of the actor but `keep`. When it is repeated nothing is left to end, and yet what has
   * ended before is proven anew: the first answer may have been "pending", or lost.
   */
  async endOthers(actor: Actor, keep: SessionId): Promise<EndedMany> {
    const end: SessionEnd = { at: this.clock.now(), reason: 'terminated' };
    const since = new Date(end.at.getTime() - feedTiming.memory);
    const { ended, sessions, transaction } = await this.work.run(async () => ({
      ended: await this.endAll(actor.userId, { end, by: actor.userId, keep }),
      sessions: await this.sessions.listEndedSince(actor.userId, since),
      transaction: await this.events.transaction(),
    }));
    const burial = { userId: actor.userId, sessions, generation: null, tokens: [] };
    return { count: ended.length, propagation: await this.broadcast.settle({ transaction, burial }) };
  }

  /** Ends live sessions within the caller's unit of work, who also settles it; returns their ids. */
  async endAll(
    owner: UserId,
    { end, by, keep = null }: { end: SessionEnd; by: UserId | null; keep?: SessionId | null },
  ): Promise<SessionId[]> {
    const ended = await this.sessions.endAll(owner, { ...end, by }, keep);
    await this.recordEnds(owner, ended, end);
    return ended;
  }

  /** Removes up to `limit` sessions that nobody needs to be told about any more; returns how many. */
  purge(before: Date, limit: number): Promise<number> {
    return this.sessions.purge(before, limit);
  }

  private async makeRoom(owner: UserId, at: Date): Promise<void> {
    const { limit, limitPolicy } = this.config;
    if (limitPolicy === 'deny') {
      if ((await this.sessions.countLive(owner, at)) >= limit) throw new SessionLimitReachedError(limit);
      return;
    }
    const order = limitPolicy === 'evict_idle' ? 'idle' : 'oldest';
    const end: SessionEnd = { at, reason: 'limit' };
    const ended = await this.sessions.endSurplus(owner, { ...end, by: null }, { keep: limit - 1, order });
    if (ended.length === 0) return;
    await this.recordEnds(owner, ended, end);
    // Nobody was promised that these are gone everywhere by now, so nobody waits for it.
    this.work.afterCommit(() => void this.broadcast.announce(burialOf(owner, ended, end)));
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

  private async recordEnds(
    owner: UserId,
    ids: readonly SessionId[],
    { reason, at }: SessionEnd,
  ): Promise<void> {
    this.work.afterCommit(() => this.metrics.sessionsEnded.inc({ reason }, ids.length));
    await this.events.append(
      ids.map((sessionId) => ({ type: 'session.ended', userId: owner, sessionId, payload: { reason }, at })),
    );
  }
}

function burialOf(userId: UserId, ids: readonly SessionId[], end: SessionEnd): Burial {
  return { userId, sessions: ids.map((id) => ({ id, end })), generation: null, tokens: [] };
}
