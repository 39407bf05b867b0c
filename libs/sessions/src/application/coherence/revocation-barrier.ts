import { setTimeout as delay } from 'node:timers/promises';
import type { LogPosition } from '@app/event-log';
import { Clock } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import {
  InstanceRegistry,
  isSameData,
  type RedisPlace,
  type Unaware,
} from '../../domain/coherence/instance-registry.js';
import { type InstanceConfig, instanceToken } from '../../sessions.config.js';
import { feedTiming } from './feed-timing.js';
import { HeartbeatObserver } from './heartbeat-observer.js';

/** Milliseconds between looks at the registry; a healthy fleet is through after the first or second. */
const pauses = [4, 6, 10, 15, 25];

/**
 * Waits until no instance can accept what was revoked. An instance counts when it has shown a snapshot that
 * includes the revocation, or when it has lapsed: silent for a second on our monotonic clock, then fenced, and
 * unable to serve from a cache other than the one that holds our tombstones. A lapsed instance that wakes up
 * finds itself fenced and must poll before it is fresh again.
 */
@Injectable()
export class RevocationBarrier {
  constructor(
    private readonly registry: InstanceRegistry,
    private readonly observer: HeartbeatObserver,
    private readonly clock: Clock,
    @Inject(instanceToken) private readonly self: InstanceConfig,
  ) {}

  /** True once it is proven; false after 1.2 s without proof. Rejects when the registry cannot be asked. */
  async isPassed(
    transaction: LogPosition,
    tombstones: Promise<readonly (RedisPlace | null)[]>,
  ): Promise<boolean> {
    const deadline = this.clock.monotonicMs() + feedTiming.proof;
    for (let look = 0; ; look += 1) {
      const unaware = await this.registry.unawareOf(transaction, this.self.id);
      const waitedFor = await this.stillWaitedFor(unaware, tombstones);
      if (!waitedFor) return true;
      if (this.clock.monotonicMs() > deadline) return false;
      await delay(pauses[Math.min(look, pauses.length - 1)]);
    }
  }

  private async stillWaitedFor(
    unaware: readonly Unaware[],
    tombstones: Promise<readonly (RedisPlace | null)[]>,
  ): Promise<boolean> {
    for (const one of unaware) {
      if (this.observer.silenceOf(one) < feedTiming.lease) return true;
      if (!(await this.registry.fence(one))) return true;
      if (one.redis === null) continue;
      for (const place of await tombstones) {
        if (!place || !isSameData(one.redis, place)) return true;
      }
    }
    return false;
  }
}
