import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork, type UserId } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { ExpiredSessions } from '../domain/expired-sessions.js';
import { feedTiming } from './coherence/feed-timing.js';
import { expiryEvent } from './session-events.js';

/** Sessions of one transaction. */
const batch = 500;

/**
 * Milliseconds after which a timeout is final. An instance that is cut off from Postgres may serve a session for an hour
 * and note its use when it is back; a session that is marked before could not be prolonged any more.
 */
const graceMs = feedTiming.cacheOnly + 5 * 60_000;

interface Walk {
  after: UserId | null;
  total: number;
}

/**
 * Notes which sessions time has ended: nobody is refused for it, since whoever asks about a session looks at the time,
 * but whoever follows the log hears of it. Instances take turns, batch by batch.
 */
@Injectable()
export class SessionExpiry {
  constructor(
    private readonly expired: ExpiredSessions,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Returns how many. Rejects with StoreUnavailableError. */
  async run(isStopped: () => boolean = () => false): Promise<number> {
    const walk: Walk = { after: null, total: 0 };
    while (!isStopped() && (await this.goOn(walk)));
    return walk.total;
  }

  private async goOn(walk: Walk): Promise<boolean> {
    const { count, next } = await this.part(walk.after);
    walk.total += count;
    walk.after = next;
    return next !== null;
  }

  private part(after: UserId | null): Promise<{ count: number; next: UserId | null }> {
    return this.work.run(async () => {
      if (!(await this.work.claim('expiry'))) return { count: 0, next: null };
      const now = this.clock.now();
      const before = new Date(now.getTime() - graceMs);
      const { marked, next } = await this.expired.mark({ after, before }, batch);
      await this.events.append(marked.map((one) => expiryEvent(one, now)));
      return { count: marked.length, next };
    });
  }
}
