import type { SessionsConfig } from '@app/config';
import { Metrics } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { EntryStore } from '../../domain/coherence/entry-store.js';
import { sessionsConfigToken } from '../../sessions.config.js';
import { feedTiming } from './feed-timing.js';
import { HeartbeatObserver } from './heartbeat-observer.js';
import { RevocationFeed } from './revocation-feed.js';

/**
 * Who vouches for sessions. `normal`: everything as configured; `database`: Redis is away and Postgres answers;
 * `cache-only`: Postgres is away and the last hour's sessions are served from Redis; `token-only` and `deny`: Redis
 * is away and the configuration asks for this; `none`: nobody can vouch.
 */
export type AuthorityMode = 'normal' | 'database' | 'cache-only' | 'token-only' | 'deny' | 'none';

/** The state of the whole instance, for probes; each answer carries its own mode as `X-Authority-Mode`. */
@Injectable()
export class AuthorityState {
  constructor(
    private readonly feed: RevocationFeed,
    private readonly entries: EntryStore,
    private readonly observer: HeartbeatObserver,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
    metrics: Metrics,
  ) {
    metrics.gauge(
      'rollcall_feed_age_seconds',
      'Since the last complete round of the revocation feed began',
      () => Math.min(this.feed.ageMs, feedTiming.memory) / 1000,
    );
    metrics.gauge('rollcall_redis_breaker_state', '1 while Redis is configured and away', () =>
      Number(this.entries.isConfigured && !this.entries.isUsable),
    );
    metrics.gauge('rollcall_authority_normal', '1 while sessions are vouched for as configured', () =>
      Number(this.mode === 'normal'),
    );
    metrics.gauge('rollcall_revoked_map_size', 'Revocations remembered in memory', () => this.feed.map.size);
  }

  get mode(): AuthorityMode {
    if (this.entries.isConfigured && !this.entries.isUsable) return this.withoutRedis();
    if (this.feed.isFresh) return 'normal';
    return this.canServeWithoutPostgres ? 'cache-only' : 'none';
  }

  /** How many instances share the traffic, as far as is known; at least 1. */
  get liveInstances(): number {
    return this.observer.awakeCount;
  }

  /** Milliseconds since the last round of the feed began. */
  get feedAgeMs(): number {
    return this.feed.ageMs;
  }

  /** True if sessions used in the last hour are still answered when Postgres is not. */
  get canServeWithoutPostgres(): boolean {
    const { verifiedRedis, ageMs } = this.feed;
    return this.entries.isUsable && verifiedRedis !== null && ageMs <= feedTiming.cacheOnly;
  }

  private withoutRedis(): AuthorityMode {
    if (this.config.fallback !== 'database') return this.config.fallback;
    return this.feed.isFresh ? 'database' : 'none';
  }
}
