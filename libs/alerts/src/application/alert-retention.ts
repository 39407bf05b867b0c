import { Clock, UnitOfWork } from '@app/kernel';
import { JobRuns, Log, RetentionJob } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { AlertOutbox } from '../domain/alert-outbox.js';

const keptMs = 7 * 86_400_000;

/** Forgets mails that were over a week ago. */
@Injectable()
export class AlertRetention extends RetentionJob {
  constructor(
    private readonly outbox: AlertOutbox,
    private readonly clock: Clock,
    work: UnitOfWork,
    log: Log,
    runs: JobRuns,
  ) {
    const lines = { interrupted: 'mail.purge_interrupted', resumed: 'mail.purge_resumed' };
    super({ name: 'mail_retention', lines }, work, log, runs);
  }

  protected override async round(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - keptMs);
    await this.inTurns((limit) => this.outbox.purge(before, limit));
  }
}
