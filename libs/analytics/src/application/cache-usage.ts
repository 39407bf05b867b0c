import { Clock, Rounds } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { type Measurement, Rollups } from '../domain/rollups.js';

const intervalMs = 15_000;

interface Counted {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Adds up where this instance's answers came from, by the counters that its metrics have anyway, so that no request does
 * more for it. What was not added when the process is killed is lost; what Postgres could not take is added later.
 */
@Injectable()
export class CacheUsage implements OnModuleInit, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(() => this.flush().catch(() => undefined), intervalMs);
  private readonly added = new Map<string, number>();

  constructor(
    private readonly metrics: Metrics,
    private readonly rollups: Rollups,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await this.flush().catch(() => undefined);
  }

  /** Adds what has been counted since the last time. Rejects with StoreUnavailableError, and has added nothing then. */
  async flush(): Promise<void> {
    const counted = await this.counted();
    const fresh = counted
      .map((each) => ({ ...each, count: each.count - (this.added.get(nameOf(each)) ?? 0) }))
      .filter(({ count }) => count > 0);
    await this.rollups.add(fresh, this.clock.now());
    for (const each of counted) this.added.set(nameOf(each), each.count);
  }

  private async read(metric: string): Promise<readonly Counted[]> {
    const found = await this.metrics.registry.getSingleMetric(metric)!.get();
    return found.values as readonly Counted[];
  }

  /** Since the process began. */
  private async counted(): Promise<Measurement[]> {
    const [checks, reads] = await Promise.all([
      this.read('rollcall_session_check_total'),
      this.read('rollcall_cache_requests_total'),
    ]);
    const sums = new Map<string, Measurement>();
    const note = (metric: Measurement['metric'], label: string, value: number): void => {
      const name = nameOf({ metric, label });
      sums.set(name, { metric, label, count: (sums.get(name)?.count ?? 0) + value });
    };
    for (const { labels, value } of checks) note('session_checks', labels.source!, value);
    for (const { labels, value } of reads)
      if (labels.cache === 'profile') note('profile_reads', labels.result!, value);
    return [...sums.values()];
  }
}

function nameOf({ metric, label }: Pick<Measurement, 'metric' | 'label'>): string {
  return `${metric}:${label}`;
}
