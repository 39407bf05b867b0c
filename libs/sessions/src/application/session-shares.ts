import { createHash } from 'node:crypto';
import { type Act, EventLog } from '@app/event-log';
import { Clock, RandomSource, type SessionId, UnitOfWork, type UserId, uuidV7 } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { type ClientFacts, endOf, type Session } from '../domain/session.js';
import { SessionRepository } from '../domain/session-repository.js';
import { ShareInvalidError, ShareNotFoundError } from '../domain/sessions.errors.js';
import { type Share, ShareRepository } from '../domain/share.js';
import { type Propagation } from './coherence/revocation-broadcast.js';
import { SessionTermination } from './administration/session-termination.js';
import { detailsOf } from './ends-record.js';
import { type EndedOne, SessionAuthority } from './session-authority.js';

/** Shares that are over are listed for so long. */
const rememberedMs = 86_400_000;

export interface NewShare {
  readonly share: Share;
  /** Shown once; only its digest is stored. */
  readonly token: string;
}

/** Lets somebody else look at a session for a while, and only look. */
@Injectable()
export class SessionShares {
  constructor(
    private readonly shares: ShareRepository,
    private readonly sessions: SessionRepository,
    private readonly authority: SessionAuthority,
    private readonly termination: SessionTermination,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: RandomSource,
  ) {}

  /** A link for the given time, cut to the life of the session. */
  async create(parent: Session, wish: { seconds: number; label: string }): Promise<NewShare> {
    const createdAt = this.clock.now();
    const end = Math.min(createdAt.getTime() + wish.seconds * 1_000, parent.expiresAt.getTime());
    const token = this.random.bytes(32).toString('base64url');
    const share: Share = {
      id: uuidV7(createdAt, this.random),
      userId: parent.userId,
      parentId: parent.id,
      label: wish.label,
      createdAt,
      expiresAt: new Date(end),
      redeemedAt: null,
      revokedAt: null,
      sessionId: null,
    };
    await this.work.run(async () => {
      await this.shares.insert(share, digestOf(token));
      await this.record('share.created', share, createdAt);
    });
    return { share, token };
  }

  list(owner: UserId): Promise<Share[]> {
    return this.shares.list(owner, new Date(this.clock.now().getTime() - rememberedMs));
  }

  /** Null for a token that opens nothing; whose it is, so that the caller can lock the user. */
  find(token: string): Promise<Share | null> {
    return this.shares.findByToken(digestOf(token));
  }

  /**
   * Turns the link into a session, once, within the caller's unit of work, which holds the user's row lock. Throws
   * ShareInvalidError, alike for a spent, revoked, timed-out link and one whose session is over.
   */
  async redeem(share: Share, { gen, client }: { gen: number; client: ClientFacts }): Promise<Session> {
    const now = this.clock.now();
    const parent = await this.sessions.findOwned(share.parentId, share.userId);
    const id = this.random.bytes(32).toString('hex') as SessionId;
    const isParentLive = parent !== null && parent.gen === gen && endOf(parent, now) === null;
    if (!isParentLive || !(await this.shares.redeem(share.id, now, id))) throw new ShareInvalidError();
    const session: Session = {
      ...parent,
      id,
      createdAt: now,
      lastAccessAt: now,
      idleExpiresAt: share.expiresAt,
      expiresAt: share.expiresAt,
      client,
      ipsUsed: [client.ipAddress],
      requestCount: 0,
      refreshNonce: this.random.bytes(32),
      refreshGeneration: 0,
      refreshedAt: null,
      deviceKey: null,
      parentId: parent.id,
      scope: 'read',
      label: share.label,
    };
    await this.authority.insert(session);
    await this.record('share.redeemed', share, now);
    return session;
  }

  /** Ends the link and the session it has become. Throws ShareNotFoundError. */
  async revoke(id: string, owner: UserId): Promise<{ share: Share; propagation: Propagation }> {
    const share = await this.shares.find(id, owner);
    if (!share) throw new ShareNotFoundError();
    return this.end(share, undefined, (sessionId) =>
      this.authority.end(sessionId, { userId: owner }, 'terminated'),
    );
  }

  /** Those that are good for something, of one user or of everybody (null); newest first. */
  listLive(owner: UserId | null, page: { size: number; after: string | null }): Promise<Share[]> {
    return this.shares.listLive(owner, { ...page, now: this.clock.now() });
  }

  /** The same as `revoke` on behalf of an administrator. Throws ShareNotFoundError. */
  async revokeAny(id: string, act: Act): Promise<{ share: Share; propagation: Propagation }> {
    const share = await this.shares.findAny(id);
    if (!share) throw new ShareNotFoundError();
    return this.end(share, act, (sessionId) => this.termination.one(sessionId, act));
  }

  private async end(
    share: Share,
    act: Act | undefined,
    endSession: (id: SessionId) => Promise<EndedOne>,
  ): Promise<{ share: Share; propagation: Propagation }> {
    const { id } = share;
    const at = this.clock.now();
    await this.work.run(async () => {
      await this.shares.revoke(id, at);
      await this.record('share.revoked', share, at, act);
    });
    // Read again: it may have been redeemed while it was being revoked.
    const { sessionId } = (await this.shares.findAny(id)) ?? share;
    if (!sessionId) return { share, propagation: 'complete' };
    const { propagation } = await endSession(sessionId);
    return { share: { ...share, revokedAt: share.revokedAt ?? at, sessionId }, propagation };
  }

  private async record(
    type: 'share.created' | 'share.redeemed' | 'share.revoked',
    { userId, parentId, id, label }: Share,
    at: Date,
    act?: Act,
  ): Promise<void> {
    const payload = { share: id, label, ...detailsOf(act) };
    await this.events.append([{ type, userId, sessionId: parentId, payload, at }]);
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
