import type { SessionsConfig } from '@app/config';
import { type Act, EventLog } from '@app/event-log';
import { Clock, RandomSource, type SessionId, UnitOfWork, type UserId } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { Burial } from '../domain/coherence/entry-store.js';
import {
  type ClientFacts,
  type EndReason,
  endOf,
  type Session,
  type SessionEnd,
  type SessionProfile,
  type SessionScope,
} from '../domain/session.js';
import {
  type EndedSession,
  type Ending,
  type HistoryPage,
  SessionRepository,
} from '../domain/session-repository.js';
import { SessionLimitReachedError, SessionNotFoundError } from '../domain/sessions.errors.js';
import { sessionsConfigToken } from '../sessions.config.js';
import { beginEvent, endEvent } from './session-events.js';
import { feedTiming } from './coherence/feed-timing.js';
import { type Propagation, RevocationBroadcast } from './coherence/revocation-broadcast.js';
import { countEnds, detailsOf, recordEnds } from './ends-record.js';

/** Who is asking to end something. */
export interface Actor {
  readonly userId: UserId;
}

export interface EndedOne extends SessionEnd {
  readonly propagation: Propagation;
}

/** What became of one session that was to be ended. */
export interface Marked {
  /** How it really ended. */
  readonly end: SessionEnd;
  /** True if that was this call's doing. */
  readonly isMine: boolean;
  /** It and its shares. */
  readonly ended: readonly EndedSession[];
}

/** What a session is opened for. */
export interface Opening {
  readonly client: ClientFacts;
  readonly profile: SessionProfile;
  /** Digest of the device's own id; its session before gives way to this one. */
  readonly deviceKey?: string | null;
  /** `full` unless told. */
  readonly scope?: SessionScope;
  /** The session in whose place it comes: nobody has signed in anew. */
  readonly continues?: SessionId;
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
  async issue(owner: { id: UserId; gen: number }, opening: Opening): Promise<Session> {
    const now = this.clock.now();
    const session = this.draft(owner, opening, now);
    const replaced = await this.replaceOnDevice(session);
    const evicted = await this.insertWithinLimit(session);
    const ended = [...replaced, ...evicted];
    await this.events.append([
      ...ended.map((one) => endEvent(owner.id, one)),
      beginEvent(session, opening.continues),
    ]);
    this.work.afterCommit(() => this.metrics.sessionsStarted.inc());
    this.letGo(owner.id, ended);
    return session;
  }

  /** Stores a session that somebody has drafted, within the caller's unit of work. */
  async insert(session: Session): Promise<void> {
    await this.sessions.insert(session);
    await this.events.append([beginEvent(session)]);
    this.work.afterCommit(() => this.metrics.sessionsStarted.inc());
  }

  /** Sessions that are over, newest sign-in first. */
  history(owner: UserId, page: Omit<HistoryPage, 'now'>): Promise<Session[]> {
    return this.sessions.listOver(owner, { ...page, now: this.clock.now() });
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
    const { end, ended, transaction } = await this.work.run(async () => ({
      ...(await this.mark(id, actor, reason)),
      transaction: await this.events.transaction(),
    }));
    const burial = burialOf(actor.userId, ended);
    return { ...end, propagation: await this.broadcast.settle({ transaction, burial }) };
  }

  /** Ends one session and its shares within the caller's unit of work, who also settles it. */
  async mark(id: SessionId, { userId }: Actor, reason: EndReason): Promise<Marked> {
    const at = this.clock.now();
    const marked = await this.sessions.end(id, userId, { reason, at, by: userId });
    await this.recordEnds(userId, marked);
    const mine = marked.find((one) => one.id === id)?.end;
    if (mine) return { end: mine, isMine: mine.reason === reason, ended: marked };
    const end = endOf(await this.get(id, userId), at) ?? { at, reason };
    return { end, isMine: false, ended: [{ id, end }, ...marked] };
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

  /** Ends live sessions within the caller's unit of work, who also settles it; returns those that lived. */
  async endAll(
    owner: UserId,
    { end, by, keep = null, act }: { end: SessionEnd; by: UserId | null; keep?: SessionId | null; act?: Act },
  ): Promise<EndedSession[]> {
    const marked = await this.sessions.endAll(owner, { ...end, by }, keep);
    await this.recordEnds(owner, marked, act);
    return marked.filter(({ end: { reason } }) => reason === end.reason);
  }

  private async replaceOnDevice({ deviceKey, userId, createdAt: at }: Session): Promise<EndedSession[]> {
    return deviceKey
      ? this.sessions.endOnDevice(deviceKey, userId, { at, reason: 'replaced', by: userId })
      : [];
  }

  /** Returns those that gave way. */
  private async insertWithinLimit(session: Session): Promise<EndedSession[]> {
    const { limit, limitPolicy } = this.config;
    if (limitPolicy === 'deny' || limitPolicy === 'ask') {
      if ((await this.sessions.countLive(session.userId, session.createdAt)) >= limit)
        throw new SessionLimitReachedError(limit);
      await this.sessions.insert(session);
      return [];
    }
    const order = limitPolicy === 'evict_idle' ? 'idle' : 'oldest';
    const ending: Ending = { at: session.createdAt, reason: 'limit', by: null };
    return this.sessions.insertMakingRoom(session, ending, { keep: limit - 1, order });
  }

  /** Nobody was promised that these are gone everywhere by now, so nobody waits for it. */
  private letGo(owner: UserId, ended: readonly EndedSession[]): void {
    if (ended.length === 0) return;
    const { work, metrics } = this;
    countEnds({ work, metrics }, ended);
    work.afterCommit(() => void this.broadcast.announce(burialOf(owner, ended)));
  }

  private draft(
    owner: { id: UserId; gen: number },
    { client, profile, deviceKey = null, scope = 'full' }: Opening,
    now: Date,
  ): Session {
    const { idleSeconds, absoluteSeconds } = this.config.lifetimes[profile];
    const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
    return {
      id: this.random.bytes(32).toString('hex') as SessionId,
      userId: owner.id,
      gen: owner.gen,
      profile,
      createdAt: now,
      authenticatedAt: now,
      lastAccessAt: now,
      idleExpiresAt: after(Math.min(idleSeconds, absoluteSeconds)),
      expiresAt: after(absoluteSeconds),
      client,
      ipsUsed: [client.ipAddress],
      requestCount: 0,
      refreshNonce: this.random.bytes(32),
      refreshGeneration: 0,
      refreshedAt: null,
      deviceKey,
      parentId: null,
      scope,
      label: null,
      ended: null,
    };
  }

  private recordEnds(owner: UserId, ended: readonly EndedSession[], act?: Act): Promise<void> {
    const owned = ended.map((one) => ({ ...one, userId: owner }));
    const { events, work, metrics } = this;
    return recordEnds({ events, work, metrics }, owned, detailsOf(act));
  }
}

function burialOf(userId: UserId, sessions: Burial['sessions']): Burial {
  return { userId, sessions, generation: null, tokens: [] };
}
