import { purgeInTurns, type UnitOfWork } from '@app/kernel';
import { BackgroundJob, type JobDescription } from './background-job.js';
import type { JobRuns } from './job-runs.js';
import type { Log } from './log.js';

const minuteMs = 60_000;

/**
 * Removes what is older than it has to be kept, every hour; for the first time a minute after the start, so that processes
 * that are restarted often do it, too. Processes take turns by a lock in Postgres, batch by batch.
 */
export abstract class RetentionJob extends BackgroundJob {
  private readonly work: UnitOfWork;
  private readonly turns: string;

  protected constructor(
    { name, lines }: Pick<JobDescription, 'name' | 'lines'>,
    work: UnitOfWork,
    log: Log,
    runs: JobRuns,
  ) {
    // The batch that is under way when the process ends.
    super({ name, lines, intervalMs: 60 * minuteMs, firstDelayMs: minuteMs, partingMs: 1_000 }, log, runs);
    this.work = work;
    this.turns = name;
  }

  /** Removes all there is, unless another process is at it; returns how many. `purge` removes at most `limit`, fewer if that was all. */
  protected inTurns(purge: (limit: number) => Promise<number>): Promise<number> {
    return purgeInTurns({ work: this.work, job: this.turns, isStopped: this.isStopped }, purge);
  }
}
