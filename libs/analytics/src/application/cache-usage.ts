import { Clock } from '@app/kernel';
import { BackgroundJob, JobRuns, Log, Metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { type Measurement, Rollups } from '../domain/rollups.js';

/**
 * Adds up where this instance's answers came from, by the counters that its metrics have anyway, so that no request does
 * more for it. What was not added when the process is killed is lost; what Postgres could not take is added later.
 */
@Injectable()
export class CacheUsage extends BackgroundJob {
  private readonly added = new Map<string, number>();

  constructor(
    private readonly metrics: Metrics,
    private readonly rollups: Rollups,
    private readonly clock: Clock,
    log: Log,
    runs: JobRuns,
  ) {
    const lines = { interrupted: 'analytics.measuring_interrupted', resumed: 'analytics.measuring_resumed' };
    super({ name: 'cache_usage', lines, intervalMs: 15_000, partingMs: 1_000 }, log, runs);
  }

  /** Once more, for what was answered since the last round. */
  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    await this.round().catch(() => undefined); // There is no later.
  }

  /** Adds what has been counted since the last time. Rejects with StoreUnavailableError, and has added nothing then. */
  override async round(): Promise<void> {
    const counted = this.counted();
    const fresh = counted
      .map((each) => ({ ...each, count: each.count - (this.added.get(nameOf(each)) ?? 0) }))
      .filter(({ count }) => count > 0);
    await this.rollups.add(fresh, this.clock.now());
    for (const each of counted) this.added.set(nameOf(each), each.count);
  }

  /** Since the process began. */
  private counted(): Measurement[] {
    const sums = new Map<string, Measurement>();
    const note = (metric: Measurement['metric'], label: string, times: number): void => {
      const name = nameOf({ metric, label });
      sums.set(name, { metric, label, count: (sums.get(name)?.count ?? 0) + times });
    };
    for (const [, source, times] of this.metrics.sessionChecks.read()) note('session_checks', source, times);
    for (const [cache, result, times] of this.metrics.cacheRequests.read())
      if (cache === 'profile') note('profile_reads', result, times);
    return [...sums.values()];
  }
}

function nameOf({ metric, label }: Pick<Measurement, 'metric' | 'label'>): string {
  return `${metric}:${label}`;
}
