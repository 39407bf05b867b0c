import { setTimeout as delay } from 'node:timers/promises';
import { Rounds } from '@app/kernel';
import { JobRuns, Log } from '@app/telemetry';
import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { RollupKeeping } from './rollup-keeping.js';

/** Milliseconds between two looks at the log. */
const intervalMs = 1_000;

/** A stretch that is being counted when the process ends may still be committed. */
const partingMs = 1_000;

/** Counts, every second. */
@Injectable()
export class RollupRunner implements OnModuleInit, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(() => this.runOnce(), intervalMs);
  private stopped = false;
  private wasWorking = true;

  constructor(
    private readonly keeping: RollupKeeping,
    private readonly log: Log,
    private readonly runs: JobRuns,
  ) {}

  onModuleInit(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await Promise.race([this.rounds.stop(), delay(partingMs, undefined, { ref: false })]);
  }

  private async runOnce(): Promise<void> {
    try {
      await this.keeping.round(() => this.stopped);
      this.report(null);
    } catch (error) {
      this.report(error as Error);
    }
  }

  /** One line per change: without Postgres every round fails. */
  private report(error: Error | null): void {
    const isWorking = error === null;
    this.runs.note('analytics', isWorking);
    if (isWorking === this.wasWorking) return;
    this.wasWorking = isWorking;
    if (isWorking) this.log.info('analytics.resumed');
    else this.log.warn('analytics.interrupted', { reason: error.message });
  }
}
