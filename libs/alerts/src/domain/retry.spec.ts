import { nextTry } from './retry.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const minute = 60_000;

describe(nextTry.name, () => {
  it('waits longer each time, up to an hour', () => {
    const waits = Array.from(
      { length: 9 },
      (_, index) => nextTry(index + 1, noon, noon)!.getTime() - noon.getTime(),
    );
    expect(waits).toEqual([10_000, 30_000, ...[1, 5, 15, 30, 60, 60, 60].map((minutes) => minutes * minute)]);
  });

  it('gives up when a day has passed since it happened', () => {
    const later = (hours: number): Date => new Date(noon.getTime() + hours * 60 * minute);
    expect(nextTry(20, noon, later(23))).toEqual(later(24));
    expect(nextTry(20, noon, new Date(later(23).getTime() + 1))).toBeNull();
  });
});
