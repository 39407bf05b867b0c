import type { SessionsConfig } from '@app/config';
import { EventLog } from '@app/event-log';
import { Clock, type SessionId } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { endOf, type Session, type SessionEnd } from '../domain/session.js';
import { type EndedSession, SessionRepository } from '../domain/session-repository.js';
import { sessionsConfigToken } from '../sessions.config.js';
import { SessionActivity } from './activity/session-activity.js';
import { SessionAuthority } from './session-authority.js';

/** What became of a refresh token. `session` is as it stands afterwards. */
export type Spending =
  /** Its child has the session's generation; `isFirst` if this call spent it. */
  | { readonly kind: 'child'; readonly session: Session; readonly isFirst: boolean }
  /** Spent before; the session has just been ended for it (RFC 9700 §4.14.2). */
  | {
      readonly kind: 'reused';
      readonly session: Session;
      readonly end: SessionEnd;
      /** It and its shares. */
      readonly ended: readonly EndedSession[];
    }
  | { readonly kind: 'over'; readonly session: Session; readonly end: SessionEnd };

/**
 * The line of refresh tokens of a session: each may be spent once. The row lock makes parallel calls take turns, and
 * the parent that was spent last is answered with the same child until that child is spent or the grace is over, so
 * that parallel tabs, lost replies and a crash after the commit do no harm.
 */
@Injectable()
export class RefreshLineage {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly authority: SessionAuthority,
    private readonly activity: SessionActivity,
    private readonly events: EventLog,
    private readonly clock: Clock,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
  ) {}

  /** Locks the session within the caller's unit of work; null if there is none. */
  async lock(id: SessionId): Promise<Session | null> {
    const session = await this.sessions.lock(id);
    return session && this.activity.upToDate(session);
  }

  /** Spends a genuine token of this generation, of a session that the caller has locked. */
  async spend(session: Session, generation: number): Promise<Spending> {
    const now = this.clock.now();
    const end = endOf(session, now);
    if (end) return { kind: 'over', session, end };
    if (isUnspent(session, generation)) return this.rotate(session, generation + 1, now);
    if (this.isInGrace(session, generation, now)) return { kind: 'child', session, isFirst: false };
    return this.punish(session, now);
  }

  /** Whether `spend` would give a child for a genuine token of this generation, the session being live. */
  isRedeemable(session: Session, generation: number): boolean {
    return isUnspent(session, generation) || this.isInGrace(session, generation, this.clock.now());
  }

  /** Only the parent that was spent last. */
  private isInGrace(session: Session, generation: number, now: Date): boolean {
    const sinceMs = now.getTime() - (session.refreshedAt?.getTime() ?? 0);
    return generation === session.refreshGeneration - 1 && sinceMs < this.config.refreshGraceSeconds * 1_000;
  }

  private async rotate(session: Session, generation: number, at: Date): Promise<Spending> {
    const idleMs = this.config.lifetimes[session.profile].idleSeconds * 1_000;
    const idleEnd = Math.min(session.expiresAt.getTime(), at.getTime() + idleMs);
    const idleExpiresAt = new Date(Math.max(session.idleExpiresAt.getTime(), idleEnd));
    await this.sessions.rotate(session.id, { generation, at, idleExpiresAt });
    const rotated = { ...session, refreshGeneration: generation, refreshedAt: at, lastAccessAt: at };
    return { kind: 'child', session: { ...rotated, idleExpiresAt }, isFirst: true };
  }

  private async punish(session: Session, at: Date): Promise<Spending> {
    const { id, userId } = session;
    const { end, ended } = await this.authority.mark(id, { userId }, 'refresh_reuse');
    await this.events.append([{ type: 'session.refresh_reused', userId, sessionId: id, at }]);
    return { kind: 'reused', session, end, ended };
  }
}

/** A generation to come is one that a failover lost: the token proves that it had been reached. */
function isUnspent(session: Session, generation: number): boolean {
  return generation >= session.refreshGeneration;
}
