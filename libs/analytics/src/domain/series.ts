import type { Grid } from './grid.js';
import { labelledMetrics, type MeasuredMetric, type MetricName, type StoredMetric } from './metrics.js';
import type { CountRow } from './rollups.js';
import { classOf, lengthBounds, quantile } from './session-length.js';

/** One line of a chart. */
export interface Series {
  readonly metric: MetricName;
  readonly label: string | null;
  /** Of the whole time; of what is no count, its value over the whole time; null if there is nothing to tell. */
  readonly total: number | null;
  /** One for each bucket. */
  readonly values: readonly (number | null)[];
}

/** Where an answer of a cache did not have to be fetched from Postgres. */
const caches = [
  { label: 'session', metric: 'session_checks', hits: ['local', 'redis'], misses: ['postgres'] },
  { label: 'profile', metric: 'profile_reads', hits: ['hit'], misses: ['miss'] },
] as const satisfies readonly { metric: MeasuredMetric; [key: string]: unknown }[];

/** What has to be read for a metric. */
export function sourcesOf(metric: MetricName): readonly StoredMetric[] {
  if (metric === 'active_sessions') return ['sessions_started', 'sessions_ended'];
  if (metric === 'cache_hit_rate') return ['session_checks', 'profile_reads'];
  return [metric];
}

/** `liveBefore`: sessions that were live when the first bucket began. */
export function seriesOf(
  metric: MetricName,
  { rows, grid, liveBefore }: { rows: readonly CountRow[]; grid: Grid; liveBefore: number },
): Series[] {
  const table = new CountTable(rows, grid);
  if (metric === 'session_length') return lengthSeries(table);
  if (metric === 'active_sessions') return [liveSeries(table, liveBefore)];
  if (metric === 'cache_hit_rate') return caches.map((cache) => rateSeries(table, cache));
  if (!labelledMetrics.has(metric)) return [countSeries(metric, null, table.sum(metric))];
  return table
    .labelsOf(metric)
    .map((label) => countSeries(metric, label, table.sum(metric, [label])))
    .toSorted((one, other) => other.total! - one.total! || one.label!.localeCompare(other.label!));
}

/** Counts with their zeros. */
class CountTable {
  constructor(
    private readonly rows: readonly CountRow[],
    private readonly grid: Grid,
  ) {}

  labelsOf(metric: StoredMetric): string[] {
    return [...new Set(this.rowsOf(metric).map(({ label }) => label))];
  }

  /** Of all labels unless told. */
  sum(metric: StoredMetric, labels?: readonly string[]): number[] {
    return this.add(this.rowsOf(metric, labels), ([, count]) => count);
  }

  amounts(metric: StoredMetric): number[] {
    return this.add(this.rowsOf(metric), ([, , amount]) => amount);
  }

  get length(): number {
    return this.grid.points;
  }

  private rowsOf(metric: StoredMetric, labels?: readonly string[]): CountRow[] {
    return this.rows.filter((row) => row.metric === metric && (labels?.includes(row.label) ?? true));
  }

  private add(rows: readonly CountRow[], valueOf: (cell: CountRow['cells'][number]) => number): number[] {
    const values = Array.from({ length: this.grid.points }, () => 0);
    for (const cell of rows.flatMap(({ cells }) => cells)) values[cell[0]]! += valueOf(cell);
    return values;
  }
}

function countSeries(metric: MetricName, label: string | null, values: readonly number[]): Series {
  return { metric, label, total: totalOf(values), values };
}

function liveSeries(table: CountTable, before: number): Series {
  const started = table.sum('sessions_started');
  const ended = table.sum('sessions_ended');
  let live = before;
  const values = started.map((count, index) => (live += count - ended[index]!));
  return { metric: 'active_sessions', label: null, total: live, values };
}

function rateSeries(table: CountTable, { label, metric, hits, misses }: (typeof caches)[number]): Series {
  const found = table.sum(metric, hits);
  const missed = table.sum(metric, misses);
  return {
    metric: 'cache_hit_rate',
    label,
    total: ratio(totalOf(found), totalOf(missed)),
    values: found.map((count, index) => ratio(count, missed[index]!)),
  };
}

function lengthSeries(table: CountTable): Series[] {
  const classes = Array.from({ length: lengthBounds.length + 1 }, () =>
    Array.from({ length: table.length }, () => 0),
  );
  for (const label of table.labelsOf('session_length'))
    classes[classOf(label)] = table.sum('session_length', [label]);
  const counts = table.sum('session_length');
  const seconds = table.amounts('session_length');
  const at = (index: number): number[] => classes.map((values) => values[index]!);
  const over = classes.map(totalOf);
  const series = (
    label: string,
    total: number | null,
    valueAt: (index: number) => number | null,
  ): Series => ({
    metric: 'session_length',
    label,
    total,
    values: counts.map((_, index) => valueAt(index)),
  });
  return [
    series('mean', mean(totalOf(seconds), totalOf(counts)), (index) => mean(seconds[index]!, counts[index]!)),
    series('p50', quantile(over, 0.5), (index) => quantile(at(index), 0.5)),
    series('p90', quantile(over, 0.9), (index) => quantile(at(index), 0.9)),
  ];
}

function totalOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function mean(sum: number, count: number): number | null {
  return count === 0 ? null : Math.round(sum / count);
}

/** Four digits. */
function ratio(hits: number, misses: number): number | null {
  return hits + misses === 0 ? null : Math.round((hits / (hits + misses)) * 10_000) / 10_000;
}
