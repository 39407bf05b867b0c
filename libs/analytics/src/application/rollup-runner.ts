import { BackgroundJob, JobRuns, Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { RollupKeeping } from './rollup-keeping.js';

/** Counts, every second. */
@Injectable()
export class RollupRunner extends BackgroundJob {
  constructor(
    private readonly keeping: RollupKeeping,
    log: Log,
    runs: JobRuns,
  ) {
    const lines = { interrupted: 'analytics.interrupted', resumed: 'analytics.resumed' };
    // A stretch that is being counted when the process ends may still be committed.
    super({ name: 'analytics', lines, intervalMs: 1_000, partingMs: 1_000 }, log, runs);
  }

  protected override round(): Promise<void> {
    return this.keeping.round(this.isStopped);
  }
}
