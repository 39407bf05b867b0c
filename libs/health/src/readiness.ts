import { Clock } from '@app/kernel';
import { Database } from '@app/postgres';
import { RedisConnection } from '@app/redis';
import { type AuthorityMode, AuthorityState, feedTiming } from '@app/sessions';
import { Injectable } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ShutdownGate } from './shutdown-gate.js';

export interface ReadinessReport {
  /** `degraded` still serves everything; `error` and `shutting_down` are answered 503. */
  readonly status: 'ok' | 'degraded' | 'error' | 'shutting_down';
  /** Who vouches for sessions now. */
  readonly mode?: AuthorityMode;
  readonly checks: HealthIndicatorResult;
}

/**
 * Whether this instance should get traffic. Losing one store only degrades it: without Redis Postgres decides, and
 * without Postgres the sessions of the last hour are served from Redis.
 */
@Injectable()
export class Readiness {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
    private readonly redis: RedisConnection,
    private readonly authority: AuthorityState,
    private readonly gate: ShutdownGate,
    private readonly clock: Clock,
  ) {}

  async report(): Promise<ReadinessReport> {
    if (this.gate.isClosing) return { status: 'shutting_down', checks: {} };
    try {
      const { status, details } = await this.health.check([
        () => this.postgres(),
        () => this.redisServer(),
        () => this.revocationFeed(),
      ]);
      return {
        status: status === 'degraded' ? 'degraded' : 'ok',
        mode: this.authority.mode,
        checks: details,
      };
    } catch (error) {
      return { status: 'error', mode: this.authority.mode, checks: failedChecks(error) };
    }
  }

  private async postgres(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('postgres');
    const started = this.clock.monotonicMs();
    try {
      await this.database.ping();
      return indicator.up({
        latency_ms: round(this.clock.monotonicMs() - started),
        pool: this.database.poolState(),
      });
    } catch {
      // The reason may name hosts and users; it is logged where it arises, not shown to whoever asks.
      const facts = { pool: this.database.poolState() };
      return this.authority.canServeWithoutPostgres ? indicator.degraded(facts) : indicator.down(facts);
    }
  }

  private async revocationFeed(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('revocation_feed');
    const facts = { age_ms: round(this.authority.feedAgeMs) };
    return this.authority.feedAgeMs <= feedTiming.lease ? indicator.up(facts) : indicator.degraded(facts);
  }

  private async redisServer(): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check('redis');
    if (!this.redis.isConfigured) return indicator.up({ enabled: false });
    try {
      const { latencyMs, connection } = await this.redis.probe();
      return indicator.up({ enabled: true, latency_ms: round(latencyMs), connection });
    } catch {
      // Same as above.
      return indicator.degraded({ enabled: true });
    }
  }
}

/** Terminus reports a failed check as an exception that carries the result. */
function failedChecks(error: unknown): HealthIndicatorResult {
  const response = (error as { getResponse?: () => unknown }).getResponse?.();
  if (!response) throw error;
  return (response as { details: HealthIndicatorResult }).details;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}
