import { Clock, Rounds } from '@app/kernel';
import { SessionExpiry } from '@app/sessions';
import { Database } from '@app/postgres';
import { JobRuns, Log } from '@app/telemetry';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/** Milliseconds between two looks at Postgres, and between two sweeps. */
const lookMs = 60_000;
const sweepMs = 10 * lookMs;

/**
 * Milliseconds for which Postgres must have answered every look before. After an outage instances first write which
 * sessions were used meanwhile; what is marked before that could not be prolonged any more.
 */
const settledMs = 5 * lookMs;

/** Every ten minutes notes which sessions time has ended. */
@Injectable()
export class ExpirySweep implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds = new Rounds(() => this.round(), lookMs);
  private answeringSince: number | null = null;
  private sweptAt = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(
    private readonly expiry: SessionExpiry,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly runs: JobRuns,
  ) {}

  onModuleInit(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.rounds.stop();
  }

  /** Never rejects. */
  async round(): Promise<void> {
    const now = this.clock.monotonicMs();
    try {
      await this.database.ping();
      this.answeringSince ??= now;
      const isSettled = now - this.answeringSince >= settledMs;
      if (!isSettled || now - this.sweptAt < sweepMs) return;
      const expired = await this.expiry.run(() => this.stopped);
      this.sweptAt = now;
      this.runs.note('expiry', true);
      if (expired > 0) this.log.info('sessions.expired', { sessions: expired });
    } catch (error) {
      this.answeringSince = null;
      this.runs.note('expiry', false);
      this.log.warn('expiry.failed', { reason: (error as Error).message });
    }
  }
}
