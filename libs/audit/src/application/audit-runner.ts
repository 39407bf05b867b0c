import { setTimeout as delay } from 'node:timers/promises';
import { Rounds } from '@app/kernel';
import { JobRuns, Log } from '@app/telemetry';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { AuditRecorder } from './audit-recorder.js';

/** Milliseconds between two looks at the log. */
const intervalMs = 1_000;

/** The unit of work that is under way when the process ends. */
const partingMs = 2_000;

/** Keeps the audit up with the event log. */
@Injectable()
export class AuditRunner implements OnModuleInit, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(() => this.runOnce(), intervalMs);
  private wasWorking = true;

  constructor(
    private readonly recorder: AuditRecorder,
    private readonly log: Log,
    private readonly runs: JobRuns,
  ) {}

  onModuleInit(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.race([this.rounds.stop(), delay(partingMs, undefined, { ref: false })]);
  }

  private async runOnce(): Promise<boolean> {
    try {
      const hasMore = await this.recorder.collect();
      this.report(null);
      return hasMore;
    } catch (error) {
      this.report(error as Error);
      return false;
    }
  }

  /** One line per change: without Postgres every round fails. */
  private report(error: Error | null): void {
    const isWorking = error === null;
    this.runs.note('audit', isWorking);
    if (isWorking === this.wasWorking) return;
    this.wasWorking = isWorking;
    if (isWorking) this.log.info('audit.resumed');
    else this.log.warn('audit.interrupted', { reason: error.message });
  }
}
