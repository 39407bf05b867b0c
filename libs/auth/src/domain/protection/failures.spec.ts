import { counted, demandOf, type FailureRecord, strictest } from './failures.js';

const limits = { free: 5, memoryMs: 900_000 };
const seconds = 1_000;

/** Failures one after another, each as soon as it is heard; with what the next one has to bring. */
function afterFailures(count: number): { waits: number[]; bits: number[] } {
  let record: FailureRecord | null = null;
  let now = 0;
  const waits: number[] = [];
  const bits: number[] = [];
  for (let index = 0; index < count; index += 1) {
    record = counted(record, limits, now);
    const demand = demandOf(record, limits, now);
    waits.push(demand.waitMs / seconds);
    bits.push(demand.bits);
    now += demand.waitMs;
  }
  return { waits, bits };
}

describe('failures in a row', () => {
  it('cost nothing four times, then waits of 30 s that double to an hour [63B-4 §3.2.2]', () => {
    const { waits } = afterFailures(15);
    expect(waits).toEqual([0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]);
  });

  it('cost proof of work that grows from 18 to 22 bits', () => {
    expect(afterFailures(12).bits).toEqual([0, 0, 0, 0, 18, 19, 20, 21, 22, 22, 22, 22]);
  });

  it('still cost proof of work when the wait is over, until they are forgotten', () => {
    const record = { failures: 5, waitUntil: 30_000, forgottenAt: 930_000 };
    expect(demandOf(record, limits, 30_000)).toEqual({ waitMs: 0, bits: 18 });
    expect(demandOf(record, limits, 929_999)).toEqual({ waitMs: 0, bits: 18 });
    expect(demandOf(record, limits, 930_000)).toEqual({ waitMs: 0, bits: 0 });
    expect(counted(record, limits, 930_000).failures).toBe(1);
  });

  it('are forgotten a quarter of an hour after the last', () => {
    expect(counted(null, limits, 0)).toEqual({ failures: 1, waitUntil: 0, forgottenAt: 900_000 });
    expect(counted({ failures: 4, waitUntil: 0, forgottenAt: 1 }, limits, 0).failures).toBe(5);
  });

  it('of several kinds demand the most of any', () => {
    expect(strictest([])).toEqual({ waitMs: 0, bits: 0 });
    expect(
      strictest([
        { waitMs: 5, bits: 18 },
        { waitMs: 3, bits: 20 },
      ]),
    ).toEqual({ waitMs: 5, bits: 20 });
  });
});
