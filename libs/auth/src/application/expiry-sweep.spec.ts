import type { Database } from '@app/postgres';
import type { SessionExpiry } from '@app/sessions';
import { JobRuns, type Log } from '@app/telemetry';
import { FakeClock } from '@app/testing';
import { ExpirySweep } from './expiry-sweep.js';

const minute = 60_000;

describe(ExpirySweep.name, () => {
  const clock = new FakeClock();
  let isAnswering: boolean;
  let sweeps: number;
  let sweep: ExpirySweep;

  beforeEach(() => {
    [isAnswering, sweeps] = [true, 0];
    const database = {
      ping: () => (isAnswering ? Promise.resolve() : Promise.reject(new Error('away'))),
    } as unknown as Database;
    const expiry = { run: async () => (sweeps += 1) } as unknown as SessionExpiry;
    const log = { info: () => undefined, warn: () => undefined } as unknown as Log;
    sweep = new ExpirySweep(expiry, database, clock, log, new JobRuns(clock));
  });

  async function minutes(count: number): Promise<void> {
    for (let passed = 0; passed < count; passed += 1) {
      await sweep.round().catch(() => undefined);
      clock.advance(minute);
    }
  }

  it('waits five minutes after the start, then sweeps every ten', async () => {
    await minutes(5);
    expect(sweeps).toBe(0);
    await minutes(1);
    expect(sweeps).toBe(1);
    await minutes(9);
    expect(sweeps).toBe(1);
    await minutes(1);
    expect(sweeps).toBe(2);
  });

  it('waits again after an outage, until what was used meanwhile is written', async () => {
    await minutes(6);
    isAnswering = false;
    await minutes(12);
    isAnswering = true;
    await minutes(5);
    expect(sweeps).toBe(1);
    await minutes(1);
    expect(sweeps).toBe(2);
  });
});
