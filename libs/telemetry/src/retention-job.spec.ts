import { UnitOfWork } from '@app/kernel';
import { FakeClock } from '@app/testing';
import { JobRuns } from './job-runs.js';
import type { Log } from './log.js';
import { RetentionJob } from './retention-job.js';

const [minute, hour] = [60_000, 3_600_000];
const lines = { interrupted: 'work.interrupted', resumed: 'work.resumed' };
const log = { info: () => undefined, warn: () => undefined } as unknown as Log;
const runs = new JobRuns(new FakeClock(new Date('2026-01-01T00:00:00Z')));

class Turns extends UnitOfWork {
  units = 0;
  isMine = true;

  override run<T>(work: () => Promise<T>): Promise<T> {
    this.units += 1;
    return work();
  }

  override async claim(): Promise<boolean> {
    return this.isMine;
  }

  override afterCommit(): void {}
}

class Retention extends RetentionJob {
  left = 0;

  constructor(turns: Turns) {
    super({ name: 'retention', lines }, turns, log, runs);
  }

  protected override async round(): Promise<void> {
    await this.inTurns(async (limit) => {
      const removed = Math.min(limit, this.left);
      this.left -= removed;
      return removed;
    });
  }
}

describe(RetentionJob, () => {
  const turns = new Turns();
  let job: Retention;

  beforeEach(() => {
    jest.useFakeTimers();
    turns.units = 0;
    turns.isMine = true;
    job = new Retention(turns);
    job.onModuleInit();
  });

  afterEach(async () => {
    job.onModuleDestroy();
    await job.beforeApplicationShutdown();
    jest.useRealTimers();
  });

  it('removes nothing with the start, then all there is, batch by batch, and again every hour', async () => {
    job.left = 1_200;
    await jest.advanceTimersByTimeAsync(minute - 1);
    expect(job.left).toBe(1_200);
    await jest.advanceTimersByTimeAsync(1);
    expect([job.left, turns.units]).toEqual([0, 3]);
    job.left = 1;
    await jest.advanceTimersByTimeAsync(hour - 1);
    expect(job.left).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(job.left).toBe(0);
    expect(runs.last).toMatchObject([{ name: 'retention', hasSucceeded: true }]);
  });

  it('leaves it to another process that is at it', async () => {
    job.left = 1;
    turns.isMine = false;
    await jest.advanceTimersByTimeAsync(minute);
    expect([job.left, turns.units]).toEqual([1, 1]);
  });
});
