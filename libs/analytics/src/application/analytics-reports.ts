import { lagSeconds, LogReaders } from '@app/event-log';
import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { type BucketName, bucketSeconds, type Grid, gridOf } from '../domain/grid.js';
import { type MetricName, type StoredMetric } from '../domain/metrics.js';
import { type CountRow, Rollups } from '../domain/rollups.js';
import { type Series, seriesOf, sourcesOf } from '../domain/series.js';
import { readerNameOf } from '../domain/reader-name.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface Report {
  readonly grid: Grid;
  readonly series: readonly Series[];
}

/** What was counted in the last hour and day: in the five minutes that are running, and in the buckets before. */
export interface Recent {
  readonly lastHour: readonly Series[];
  readonly lastDay: readonly Series[];
}

const recentMetrics = [
  'sessions_started',
  'sessions_ended',
  'sign_ins',
  'sign_in_failures',
  'users_created',
  'limit_hits',
  'cache_hit_rate',
] as const satisfies readonly MetricName[];

/** Numbers over time. Reads counts alone, never events or sessions. */
@Injectable()
export class AnalyticsReports {
  constructor(
    private readonly rollups: Rollups,
    private readonly readers: LogReaders,
    private readonly clock: Clock,
  ) {}

  /** Throws RangeRefusedError. */
  async over(
    time: { from: Date; to: Date },
    bucket: BucketName,
    metrics: readonly MetricName[],
  ): Promise<Report> {
    const grid = gridOf(time, bucket);
    const [rows, liveBefore] = await Promise.all([
      this.rollups.read(grid, sourcesOfAll(metrics)),
      metrics.includes('active_sessions') ? this.liveBefore(grid.from) : 0,
    ]);
    return { grid, series: metrics.flatMap((metric) => seriesOf(metric, { rows, grid, liveBefore })) };
  }

  async recent(): Promise<Recent> {
    const now = this.clock.now();
    const to = new Date(now.getTime() + 1);
    const day = gridOf({ from: new Date(now.getTime() - dayMs + bucketSeconds['5m'] * 1_000), to }, '5m');
    const rows = await this.rollups.read(day, sourcesOfAll(recentMetrics));
    const hour = lastOf(day, hourMs / (day.seconds * 1_000));
    const tell = (part: { rows: readonly CountRow[]; grid: Grid }): Series[] =>
      recentMetrics.flatMap((metric) => seriesOf(metric, { ...part, liveBefore: 0 }));
    return {
      lastHour: tell({ grid: hour, rows: within(rows, day.points - hour.points) }),
      lastDay: tell({ grid: day, rows }),
    };
  }

  /** Seconds since the oldest event happened that is not counted; 0 if there is none. */
  async lagSeconds(): Promise<number> {
    const status = await this.readers.statusOf(readerNameOf.shown);
    return status === null ? 0 : lagSeconds(status, this.clock.now());
  }

  /** What days have had up to its midnight, and what its hours or minutes have had since. */
  private async liveBefore(time: Date): Promise<number> {
    const midnight = new Date(Math.floor(time.getTime() / dayMs) * dayMs);
    const before = await this.rollups.liveBefore(midnight);
    if (midnight.getTime() === time.getTime()) return before;
    const grid = gridOf({ from: midnight, to: time }, '5m');
    const rows = await this.rollups.read(grid, sourcesOf('active_sessions'));
    return seriesOf('active_sessions', { rows, grid, liveBefore: before })[0]!.total!;
  }
}

function sourcesOfAll(metrics: readonly MetricName[]): StoredMetric[] {
  return [...new Set(metrics.flatMap(sourcesOf))];
}

function lastOf(grid: Grid, points: number): Grid {
  const from = new Date(grid.to.getTime() - points * grid.seconds * 1_000);
  return { ...grid, from, points };
}

/** Without the first buckets. */
function within(rows: readonly CountRow[], skipped: number): CountRow[] {
  return rows
    .map(({ metric, label, cells }) => ({
      metric,
      label,
      cells: cells
        .filter(([index]) => index >= skipped)
        .map(([index, count, amount]) => [index - skipped, count, amount] as const),
    }))
    .filter(({ cells }) => cells.length > 0);
}
