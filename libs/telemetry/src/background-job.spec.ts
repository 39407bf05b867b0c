import { FakeClock } from '@app/testing';
import { BackgroundJob } from './background-job.js';
import { JobRuns } from './job-runs.js';
import type { Log } from './log.js';

const lines = { interrupted: 'work.interrupted', resumed: 'work.resumed' };
const logged: string[] = [];
const log = {
  info: (event: string) => logged.push(event),
  warn: (event: string) => logged.push(event),
} as unknown as Log;
const runs = new JobRuns(new FakeClock(new Date('2026-01-01T00:00:00Z')));

class Work extends BackgroundJob {
  count = 0;
  next: () => Promise<boolean | void> = async () => undefined;

  constructor(partingMs = 1_000) {
    super({ name: 'work', lines, intervalMs: 100, firstDelayMs: 0, partingMs }, log, runs);
  }

  get mayGoOn(): boolean {
    return !this.isStopped();
  }

  protected override round(): Promise<boolean | void> {
    this.count += 1;
    return this.next();
  }
}

describe(BackgroundJob, () => {
  beforeEach(() => {
    jest.useFakeTimers();
    logged.length = 0;
  });
  afterEach(() => jest.useRealTimers());

  it('goes on in rounds, at once while there is more, and tells operators that it ran', async () => {
    const work = new Work();
    const more = [true, true, false];
    work.next = async () => more.shift();
    work.onModuleInit();
    await jest.advanceTimersByTimeAsync(50);
    expect(work.count).toBe(3);
    await jest.advanceTimersByTimeAsync(100);
    expect(work.count).toBe(4);
    expect(runs.last).toMatchObject([{ name: 'work', hasSucceeded: true }]);
    work.onModuleDestroy();
    await work.beforeApplicationShutdown();
  });

  it('says once that it cannot work, and once that it can again', async () => {
    const work = new Work();
    work.next = async () => {
      if (work.count <= 3) throw new Error('no store');
    };
    work.onModuleInit();
    await jest.advanceTimersByTimeAsync(250);
    expect(runs.last).toMatchObject([{ name: 'work', hasSucceeded: false }]);
    await jest.advanceTimersByTimeAsync(250);
    expect(logged).toEqual(['work.interrupted', 'work.resumed']);
    work.onModuleDestroy();
    await work.beforeApplicationShutdown();
  });

  it('lets the round under way end, and begins no other', async () => {
    const work = new Work();
    let end: () => void = () => undefined;
    work.next = () => new Promise((resolve) => (end = resolve));
    work.onModuleInit();
    await jest.advanceTimersByTimeAsync(0);
    expect(work.mayGoOn).toBe(true);
    work.onModuleDestroy();
    expect(work.mayGoOn).toBe(false);
    const ended = work.beforeApplicationShutdown();
    end();
    await ended;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(work.count).toBe(1);
  });

  it('is waited for no longer than its parting, together with all others', async () => {
    const jobs = [new Work(1_000), new Work(1_000), new Work(1_000)];
    for (const work of jobs) {
      work.next = () => new Promise(() => undefined);
      work.onModuleInit();
    }
    await jest.advanceTimersByTimeAsync(0);
    for (const work of jobs) work.onModuleDestroy();
    let isOver = false;
    const all = (async () => {
      for (const work of jobs) await work.beforeApplicationShutdown();
      isOver = true;
    })();
    await jest.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await all;
  });
});
