import type { LogSpan } from '@app/event-log';
import type { Grid } from './grid.js';
import type { MeasuredMetric, StoredMetric } from './metrics.js';

/** Of what one metric and label had in the buckets of a grid. */
export interface CountRow {
  readonly metric: StoredMetric;
  /** Empty where a metric has no labels. */
  readonly label: string;
  /** Those that are not zero: index of the bucket, how often, and the sum of what was measured with it. */
  readonly cells: readonly (readonly [index: number, count: number, amount: number])[];
}

/** So often in the bucket that it is written in. */
export interface Measurement {
  readonly metric: MeasuredMetric;
  readonly label: string;
  readonly count: number;
}

/** Which of the two sets of counts: the one that is shown, or the one that a rebuild makes. */
export type RollupSet = 'shown' | 'building';

/** Counts per bucket, durable. */
export abstract class Rollups {
  /** Adds what the stretch of the log tells; inside `LogReaders.advance`, so that it is added exactly once. */
  abstract fold(span: LogSpan, into: RollupSet): Promise<void>;
  /** Adds what an instance has measured. */
  abstract add(measurements: readonly Measurement[], at: Date): Promise<void>;
  abstract read(grid: Grid, metrics: readonly StoredMetric[]): Promise<CountRow[]>;
  /** Sessions that had begun and not ended before then; a day's beginning (UTC). */
  abstract liveBefore(day: Date): Promise<number>;
  /**
   * Forgets up to `limit` counts of buckets of that length that began before; returns how many. Starts and ends of
   * sessions by the day stay: how many are live follows from all of them.
   */
  abstract purge(of: { seconds: number; before: Date }, limit: number): Promise<number>;
  /** Forgets who has been counted in buckets that began before; up to `limit`, returns how many. */
  abstract purgeUsers(before: Date, limit: number): Promise<number>;
}
