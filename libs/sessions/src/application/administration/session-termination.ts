import { type Act, EventLog } from '@app/event-log';
import { Clock, type SessionId, UnitOfWork, type UserId } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import type { EndedOfUser } from '../../domain/bulk-end.js';
import type { Burial } from '../../domain/coherence/entry-store.js';
import { endOf } from '../../domain/session.js';
import { SessionRepository } from '../../domain/session-repository.js';
import { SessionNotFoundError } from '../../domain/sessions.errors.js';
import { type Propagation, RevocationBroadcast } from '../coherence/revocation-broadcast.js';
import { detailsOf, recordEnds } from '../ends-record.js';
import type { EndedOne } from '../session-authority.js';

/** Ends sessions that belong to others, with reason `admin`. */
@Injectable()
export class SessionTermination {
  constructor(
    private readonly sessions: SessionRepository,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly broadcast: RevocationBroadcast,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Ends one session and its shares. May be repeated, e.g. until it is proven to hold everywhere, and then tells how
   * the session really ended. Throws SessionNotFoundError.
   */
  async one(id: SessionId, act: Act): Promise<EndedOne> {
    const { ended, transaction, end } = await this.work.run(async () => {
      const session = await this.sessions.find(id);
      if (!session) throw new SessionNotFoundError();
      const marked = await this.mark([id], act);
      const mine = marked.find((each) => each.id === id)?.end;
      const { at, reason } = mine ??
        endOf(session, this.clock.now()) ?? { at: this.clock.now(), reason: 'admin' };
      const told: EndedOfUser = { id, userId: session.userId, end: { at, reason } };
      return {
        end: told.end,
        ended: mine ? marked : [told, ...marked],
        transaction: await this.events.transaction(),
      };
    });
    return { ...end, propagation: await this.broadcast.settleAll(transaction, burialsOf(ended)) };
  }

  /** Ends sessions and their shares within the caller's unit of work, who also settles it; returns all it has ended. */
  async mark(ids: readonly SessionId[], act: Act, bulkEnd?: string): Promise<EndedOfUser[]> {
    const ended = await this.sessions.endMany(ids, { at: this.clock.now(), reason: 'admin', by: act.by });
    const details = { ...detailsOf(act), ...(bulkEnd !== undefined && { bulk_end: bulkEnd }) };
    const { events, work, metrics } = this;
    await recordEnds({ events, work, metrics }, ended, details);
    return ended;
  }

  /** Carries everywhere what has ended; any transaction from its commit on proves it. */
  settle(transaction: number, ended: readonly EndedOfUser[]): Promise<Propagation> {
    return this.broadcast.settleAll(transaction, burialsOf(ended));
  }
}

/** One for each user: the keys of a user are together in the cache. */
function burialsOf(ended: readonly EndedOfUser[]): Burial[] {
  const byUser = new Map<UserId, EndedOfUser[]>();
  for (const one of ended) {
    const others = byUser.get(one.userId);
    if (others) others.push(one);
    else byUser.set(one.userId, [one]);
  }
  return [...byUser].map(([userId, sessions]) => ({ userId, sessions, generation: null, tokens: [] }));
}
