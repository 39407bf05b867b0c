/** Upper ends of the classes that lengths of sessions are counted in, in seconds; longer ones are in a last class. */
export const lengthBounds: readonly number[] = [
  60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600,
  2_592_000,
];

/** Label of the class behind the last bound. */
export const longest = 'longer';

/** How many sessions of each class there were, shortest first, the last one included. */
export type Histogram = readonly number[];

/** The class of a label. */
export function classOf(label: string): number {
  const index = lengthBounds.indexOf(Number(label));
  return index === -1 ? lengthBounds.length : index;
}

/**
 * Seconds within which the given part (0 to 1) of all sessions ended, as if those of a class lay evenly between its bounds;
 * of the last class its lower bound. Null if there were none.
 */
export function quantile(histogram: Histogram, part: number): number | null {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let before = 0;
  for (const [index, count] of histogram.entries()) {
    const wanted = part * total - before;
    if (count > 0 && wanted <= count) return between(index, wanted / count);
    before += count;
  }
  return lengthBounds.at(-1)!;
}

function between(index: number, share: number): number {
  const lower = lengthBounds[index - 1] ?? 0;
  const upper = lengthBounds[index] ?? lower;
  return Math.round(lower + (upper - lower) * share);
}
