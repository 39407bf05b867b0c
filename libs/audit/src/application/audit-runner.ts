import { BackgroundJob, JobRuns, Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { AuditRecorder } from './audit-recorder.js';

/** Keeps the audit up with the event log, every second. */
@Injectable()
export class AuditRunner extends BackgroundJob {
  constructor(
    private readonly recorder: AuditRecorder,
    log: Log,
    runs: JobRuns,
  ) {
    const lines = { interrupted: 'audit.interrupted', resumed: 'audit.resumed' };
    // The unit of work that is under way when the process ends.
    super({ name: 'audit', lines, intervalMs: 1_000, partingMs: 2_000 }, log, runs);
  }

  protected override round(): Promise<boolean> {
    return this.recorder.collect();
  }
}
