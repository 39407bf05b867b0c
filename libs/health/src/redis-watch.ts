import { Rounds } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { JobRuns, Log, Metrics } from '@app/telemetry';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/** Injection token of REDIS_HEALTH_INTERVAL, in seconds. */
export const redisHealthSecondsToken = Symbol('RedisHealthSeconds');

/**
 * Looks at Redis by a write and a read every REDIS_HEALTH_INTERVAL, on the link of this process. The connection tells
 * by itself when it is lost; this says so again and again, for whoever watches the log for alerts.
 */
@Injectable()
export class RedisWatch implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(
    private readonly redis: RedisConnection,
    private readonly log: Log,
    private readonly metrics: Metrics,
    private readonly runs: JobRuns,
    @Inject(redisHealthSecondsToken) seconds: number,
  ) {
    this.rounds = new Rounds(() => this.lookAndNote(), seconds * 1_000);
  }

  onModuleInit(): void {
    if (this.redis.isConfigured) this.rounds.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  private async lookAndNote(): Promise<void> {
    this.runs.note('redis', await this.look());
  }

  /** True if Redis took a write and gave it back. */
  async look(): Promise<boolean> {
    try {
      await this.redis.probe();
      this.metrics.redisLooks.inc({ result: 'up' });
      return true;
    } catch (error) {
      this.metrics.redisLooks.inc({ result: 'down' });
      const { cause, message } = error as Error;
      const reason = cause instanceof Error ? cause.message : message;
      this.log.error('redis.unhealthy', undefined, { alert: true, reason });
      return false;
    }
  }
}
