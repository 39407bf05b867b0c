import { BackgroundJob, JobRuns, Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { AlertDelivery } from './alert-delivery.js';

/** Delivers, every second, and from the first moment on: with the first round begins what people are told. */
@Injectable()
export class AlertRunner extends BackgroundJob {
  constructor(
    private readonly delivery: AlertDelivery,
    log: Log,
    runs: JobRuns,
  ) {
    const lines = { interrupted: 'mail.interrupted', resumed: 'mail.resumed' };
    // A mail that is being sent when the process ends may still be marked as sent.
    super({ name: 'mail', lines, intervalMs: 1_000, firstDelayMs: 0, partingMs: 2_000 }, log, runs);
  }

  protected override round(): Promise<void> {
    return this.delivery.round(this.isStopped);
  }
}
