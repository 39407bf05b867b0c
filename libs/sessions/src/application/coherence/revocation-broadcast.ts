import type { LogPosition } from '@app/event-log';
import { Clock, type UserId } from '@app/kernel';
import { Log, Metrics, tracing } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { type Burial, EntryStore } from '../../domain/coherence/entry-store.js';
import type { RedisPlace } from '../../domain/coherence/instance-registry.js';
import { RevocationBarrier } from './revocation-barrier.js';
import { RevocationFeed } from './revocation-feed.js';

/** `complete`: proven to hold on every instance. `pending`: durable, and enforced wherever Postgres is reached. */
export type Propagation = 'complete' | 'pending';

/** A committed revocation and the transaction by which others can show that they know it. */
export interface Revocation {
  readonly transaction: LogPosition;
  readonly burial: Burial;
}

const maxUnburied = 10_000;

/** Carries a committed revocation everywhere: into this instance's map, then tombstone and barrier in parallel. */
@Injectable()
export class RevocationBroadcast {
  private unburied: Burial[] = [];
  private burying = false;

  constructor(
    private readonly feed: RevocationFeed,
    private readonly entries: EntryStore,
    private readonly barrier: RevocationBarrier,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** Call after the commit. Never rejects: what cannot be proven is pending, and may be asked for again. */
  settle({ transaction, burial }: Revocation): Promise<Propagation> {
    return this.settleAll(transaction, [burial]);
  }

  /** The same for what one transaction has ended of several users: a tombstone for each, one barrier for all. */
  async settleAll(transaction: LogPosition, burials: readonly Burial[]): Promise<Propagation> {
    const committed = this.clock.monotonicMs();
    const propagation = await tracing.span('revocation proof', () => this.proven(transaction, burials));
    this.metrics.revocationLag.observe((this.clock.monotonicMs() - committed) / 1_000);
    this.metrics.revocations.inc({ propagation });
    return propagation;
  }

  /** Enforces it here at once and leaves tombstones, without waiting for others to know. */
  announce(burial: Burial): Promise<RedisPlace | null> {
    const now = this.clock.monotonicMs();
    for (const { id, end } of burial.sessions) this.feed.map.noteSessionEnd(id, end, now);
    for (const { id, sessionId } of burial.tokens) {
      this.feed.map.noteToken({ id, sessionId, userId: burial.userId }, now);
    }
    if (burial.userChange) this.feed.map.noteUserChange(burial.userId, burial.userChange.transaction, now);
    if (burial.generation) this.feed.map.noteGeneration(burial.userId, burial.generation.minimum, now);
    return this.bury(burial);
  }

  /** A change of the user that ends nothing: by the answer no instance shows what was before. */
  settleUserChange(userId: UserId, transaction: LogPosition): Promise<Propagation> {
    const { database } = this.feed.map;
    const userChange = database === null ? undefined : { transaction, database };
    const burial = { userId, sessions: [], generation: null, tokens: [], userChange };
    return this.settle({ transaction, burial });
  }

  private async proven(transaction: LogPosition, burials: readonly Burial[]): Promise<Propagation> {
    const tombstones = Promise.all(burials.map((burial) => this.announce(burial)));
    try {
      return (await this.barrier.isPassed(transaction, tombstones)) ? 'complete' : 'pending';
    } catch (error) {
      this.log.warn('revocation.unproven', { reason: (error as Error).message });
      return 'pending';
    }
  }

  private async bury(burial: Burial): Promise<RedisPlace | null> {
    if (!this.entries.isConfigured) return null;
    if (!this.entries.isUsable) return this.postpone(burial);
    try {
      const place = await this.entries.bury(burial);
      void this.catchUp();
      return place;
    } catch {
      // Away; the barrier decides whether the tombstone is needed, and it is written when Redis returns.
      return this.postpone(burial);
    }
  }

  private postpone(burial: Burial): null {
    if (this.unburied.length < maxUnburied) this.unburied.push(burial);
    return null;
  }

  /** Tombstones that could not be written are written when Redis answers again. */
  async catchUp(): Promise<void> {
    if (this.burying || this.unburied.length === 0 || !this.entries.isUsable) return;
    this.burying = true;
    const waiting = this.unburied;
    this.unburied = [];
    for (const [index, burial] of waiting.entries()) {
      try {
        await this.entries.bury(burial);
      } catch {
        // Gone again: this one and the rest wait for the next time.
        this.unburied.push(...waiting.slice(index));
        break;
      }
    }
    this.burying = false;
  }
}
