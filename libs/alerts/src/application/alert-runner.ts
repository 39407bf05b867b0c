import { setTimeout as delay } from 'node:timers/promises';
import { Rounds } from '@app/kernel';
import { JobRuns, Log } from '@app/telemetry';
import { Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AlertDelivery } from './alert-delivery.js';

/** Milliseconds between two looks at the log. */
const intervalMs = 1_000;

/** A mail that is being sent when the process ends may still be marked as sent. */
const partingMs = 2_000;

/** Delivers, every second. */
@Injectable()
export class AlertRunner implements OnModuleInit, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(() => this.runOnce(), intervalMs);
  private stopped = false;
  private wasWorking = true;

  constructor(
    private readonly delivery: AlertDelivery,
    private readonly log: Log,
    private readonly runs: JobRuns,
  ) {}

  /** At once: with the first round begins what people are told. */
  onModuleInit(): void {
    this.rounds.start(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await Promise.race([this.rounds.stop(), delay(partingMs, undefined, { ref: false })]);
  }

  private async runOnce(): Promise<void> {
    try {
      await this.delivery.round(() => this.stopped);
      this.report(null);
    } catch (error) {
      this.report(error as Error);
    }
  }

  /** One line per change: without Postgres every round fails. */
  private report(error: Error | null): void {
    const isWorking = error === null;
    this.runs.note('mail', isWorking);
    if (isWorking === this.wasWorking) return;
    this.wasWorking = isWorking;
    if (isWorking) this.log.info('mail.resumed');
    else this.log.warn('mail.interrupted', { reason: error.message });
  }
}
