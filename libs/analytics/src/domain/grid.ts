import { RangeRefusedError } from './analytics.errors.js';

/** Lengths of buckets that are kept, in seconds. */
export const bucketSeconds = { '5m': 300, '1h': 3_600, '1d': 86_400 } as const;
export type BucketName = keyof typeof bucketSeconds;

/** Of one question. */
const maxPoints = 2_000;

/** Buckets one after another, in UTC: the first begins at `from`, the last ends at `to`. */
export interface Grid {
  readonly from: Date;
  readonly to: Date;
  readonly seconds: number;
  readonly points: number;
}

/** The buckets that hold any part of the time asked for. Throws RangeRefusedError. */
export function gridOf({ from, to }: { from: Date; to: Date }, bucket: BucketName): Grid {
  if (from >= to) throw new RangeRefusedError('from', 'must be before to');
  const seconds = bucketSeconds[bucket];
  const length = seconds * 1_000;
  const begin = Math.floor(from.getTime() / length) * length;
  const end = Math.ceil(to.getTime() / length) * length;
  const points = (end - begin) / length;
  if (points > maxPoints) {
    const message = `makes ${points} buckets of the time asked for, and at most ${maxPoints} are told at once`;
    throw new RangeRefusedError('bucket', message);
  }
  return { from: new Date(begin), to: new Date(end), seconds, points };
}

/** When each bucket begins. */
export function beginsOf({ from, seconds, points }: Grid): Date[] {
  return Array.from({ length: points }, (_, index) => new Date(from.getTime() + index * seconds * 1_000));
}
