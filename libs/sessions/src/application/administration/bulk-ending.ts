import { type Act, EventLog, factsOf } from '@app/event-log';
import { Clock, RandomSource, type SessionId, UnitOfWork, uuidV7 } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { type BulkEnd, BulkEndRepository } from '../../domain/bulk-end.js';
import type { Session } from '../../domain/session.js';
import { type LiveWalk, SessionDirectory, type SessionFilter } from '../../domain/session-directory.js';
import { BulkEndNotFoundError, UnexpectedCountError } from '../../domain/sessions.errors.js';
import type { Propagation } from '../coherence/revocation-broadcast.js';
import { BulkEndRunner } from './bulk-end-runner.js';

/** Sessions that a dry run shows. */
const sampleSize = 10;

export interface BulkWish {
  readonly filter: SessionFilter;
  /** The session that asks; it is left out, with its shares. */
  readonly keep: SessionId | null;
}

export interface BulkPreview {
  readonly count: number;
  /** Some of them, those that would end soonest by themselves. */
  readonly sample: readonly Session[];
}

export interface BulkStanding {
  readonly order: BulkEnd;
  /** `complete` once it is done and every instance is known to know. */
  readonly propagation: Propagation;
}

/** Takes orders to end all sessions that a filter matches, and tells how far they are. */
@Injectable()
export class BulkEnding {
  constructor(
    private readonly directory: SessionDirectory,
    private readonly orders: BulkEndRepository,
    private readonly runner: BulkEndRunner,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: RandomSource,
  ) {}

  /** What an order would end now: by the conditions that the order itself goes by. */
  async preview(wish: BulkWish): Promise<BulkPreview> {
    const now = this.clock.now();
    const { sessions } = await this.sample(wish, { now, until: now, keep: wish.keep, after: null });
    return { count: await this.count(wish, now), sample: sessions };
  }

  /**
   * Takes the order; sessions that begin from now on are not meant. Throws UnexpectedCountError if another number of
   * sessions matches than whoever gives the order believes.
   */
  async order(wish: BulkWish, act: Act, expectedCount: number | null): Promise<BulkStanding> {
    const createdAt = this.clock.now();
    const matched = await this.count(wish, createdAt);
    if (expectedCount !== null && matched !== expectedCount) throw new UnexpectedCountError(matched);
    const order: BulkEnd = {
      ...wish,
      id: uuidV7(createdAt, this.random),
      act,
      state: 'running',
      matched,
      ended: 0,
      failed: 0,
      createdAt,
      finishedAt: null,
      place: null,
    };
    await this.work.run(async () => {
      await this.orders.insert(order);
      const payload = { bulk_end: order.id, matched, filter: wish.filter, ...factsOf(act) };
      const event = { type: 'session.bulk_end_requested', userId: null, payload, at: createdAt } as const;
      await this.events.append([event]);
      this.work.afterCommit(() => this.runner.hint());
    });
    return { order, propagation: 'pending' };
  }

  /** Throws BulkEndNotFoundError. */
  async get(id: string): Promise<BulkStanding> {
    const found = await this.orders.find(id);
    if (!found) throw new BulkEndNotFoundError();
    const { order, unproven } = found;
    return { order, propagation: order.state === 'done' && unproven === 0 ? 'complete' : 'pending' };
  }

  /** From the first stretch that has any. */
  private async sample({ filter }: BulkWish, walk: LiveWalk): Promise<{ sessions: readonly Session[] }> {
    for (let { after } = walk; ;) {
      const { sessions, next } = await this.directory.takeLive(filter, { ...walk, after }, sampleSize);
      if (sessions.length > 0 || !next) return { sessions };
      after = next;
    }
  }

  private async count({ filter, keep }: BulkWish, now: Date): Promise<number> {
    let total = 0;
    for (let after: LiveWalk['after'] = null; ;) {
      const { count, next } = await this.directory.countLive(filter, { now, until: now, keep, after });
      total += count;
      if (!next) return total;
      after = next;
    }
  }
}
