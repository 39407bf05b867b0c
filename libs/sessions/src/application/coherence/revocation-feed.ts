import { type LogPoll, type LogPosition, LogSource } from '@app/event-log';
import { Clock } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { EntryStore } from '../../domain/coherence/entry-store.js';
import { InstanceRegistry, type RedisIdentity } from '../../domain/coherence/instance-registry.js';
import { RevocationRepair } from '../../domain/coherence/revocation-repair.js';
import { RevokedMap } from '../../domain/coherence/revoked-map.js';
import { type InstanceConfig, instanceToken } from '../../sessions.config.js';
import { feedTiming } from './feed-timing.js';
import { HeartbeatObserver } from './heartbeat-observer.js';

/**
 * Keeps this instance's knowledge of revocations up to date and shows others how far it reaches. One round:
 * poll the log, apply, then publish, in that order. The knowledge is fresh if the last round that was applied
 * *and* published *began* at most a second ago, so a thawed process is not fresh before it has asked again.
 */
@Injectable()
export class RevocationFeed {
  readonly map = new RevokedMap();
  private cursor: LogPosition = 0;
  private freshSince = Number.NEGATIVE_INFINITY;
  private verified: RedisIdentity | null = null;
  private verifiedSuspicion = -1;
  private prunedAt: number;
  private wasFollowing = true;

  constructor(
    private readonly source: LogSource,
    private readonly registry: InstanceRegistry,
    private readonly entries: EntryStore,
    private readonly observer: HeartbeatObserver,
    private readonly repair: RevocationRepair,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(instanceToken) private readonly self: InstanceConfig,
  ) {
    this.prunedAt = clock.monotonicMs();
  }

  get isFresh(): boolean {
    return this.ageMs <= feedTiming.lease;
  }

  /** Milliseconds since the last completed round began; infinite before the first. */
  get ageMs(): number {
    return this.clock.monotonicMs() - this.freshSince;
  }

  /** Taken before a read of the durable store, it says how much that read must have seen. */
  get position(): LogPosition {
    return this.cursor;
  }

  /** The cached data that this instance has verified and shown to others. */
  get verifiedRedis(): RedisIdentity | null {
    return this.verified;
  }

  /** Enters the registry and loads what cached entries could be older than. */
  async begin(): Promise<void> {
    await this.startOver();
    await this.registry.register(this.self);
  }

  /** Learns which database this is, and nothing more: for who vouches for nobody and does not enter the registry. */
  async look(): Promise<void> {
    const { position, database } = await this.source.poll(await this.source.start(this.clock.now()));
    this.map.coverFrom(position, database);
  }

  async end(): Promise<void> {
    await this.registry.remove(this.self.id);
  }

  /**
   * One round. True if another one should follow at once. Never rejects: without an answer the knowledge simply
   * ages.
   */
  async round(): Promise<boolean> {
    const began = this.clock.monotonicMs();
    try {
      const poll = await this.source.poll(this.cursor);
      if (this.map.database !== null && poll.database !== this.map.database) return await this.follow(poll);
      this.apply(poll, began);
      const again = !(await this.publish(poll, began));
      this.report(null);
      return again;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  private apply(poll: LogPoll, now: number): void {
    if (this.map.database === null) this.map.coverFrom(this.cursor, poll.database);
    for (const event of poll.events) this.map.apply(event, now);
    if (now - this.prunedAt > feedTiming.pruning) {
      this.map.prune(now - feedTiming.memory, poll.position);
      this.prunedAt = now;
    }
  }

  /** False if others had stopped waiting for this instance, which then starts over before it is fresh again. */
  private async publish(poll: LogPoll, began: number): Promise<boolean> {
    const { redis, suspicion } = await this.identifyRedis();
    // From here on others may read the new identity, whether or not we hear of it.
    if (redis !== this.verified) this.verified = null;
    const beats = await this.registry.publish({ id: this.self.id, snapshot: poll.snapshot, redis });
    if (!beats) {
      this.log.warn('feed.fenced');
      await this.registry.register(this.self);
      return false;
    }
    // Only now: a crash of the server may give out again what it had not written, but nothing below a transaction
    // that is durable, as this publication is.
    this.cursor = poll.position;
    this.verified = redis;
    this.verifiedSuspicion = suspicion;
    this.freshSince = began;
    await this.reap(this.observer.observe(beats));
    return true;
  }

  /** While Redis is away the last identity stays: only that very data may be served from later. */
  private async identifyRedis(): Promise<{ redis: RedisIdentity | null; suspicion: number }> {
    const last = { redis: this.verified, suspicion: this.verifiedSuspicion };
    const { suspicion, isUsable } = this.entries;
    if (suspicion === this.verifiedSuspicion || !isUsable) return last;
    try {
      return { redis: await this.entries.verify(), suspicion };
    } catch {
      // Away after all; the next round asks again.
      return last;
    }
  }

  /** A replica was promoted or a backup restored: positions have a new meaning and commits may be missing. */
  private async follow(poll: LogPoll): Promise<boolean> {
    this.log.warn('feed.database_changed', { from: this.map.database, to: poll.database });
    this.freshSince = Number.NEGATIVE_INFINITY;
    await this.repair.reassert(this.map.everything());
    await this.startOver();
    this.map.coverFrom(this.cursor, poll.database);
    return true;
  }

  private async startOver(): Promise<void> {
    this.cursor = await this.source.start(new Date(this.clock.now().getTime() - feedTiming.memory));
  }

  /** Rows of processes that are gone: silent past any serving, or replaced by a restart under the same name. */
  private async reap(silences: readonly { id: string; name: string; silentMs: number }[]): Promise<void> {
    for (const { id, name, silentMs } of silences) {
      const isReplaced = name === this.self.name && id !== this.self.id && silentMs > feedTiming.lease;
      if (isReplaced || silentMs > feedTiming.reaping) await this.registry.remove(id);
    }
  }

  /** One line per change. */
  private report(error: unknown): void {
    const isFollowing = error === null;
    if (isFollowing === this.wasFollowing) return;
    this.wasFollowing = isFollowing;
    if (isFollowing) this.log.info('feed.following');
    else this.log.warn('feed.interrupted', { reason: reasonOf(error) });
  }
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
