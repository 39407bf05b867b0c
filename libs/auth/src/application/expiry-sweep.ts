import { Clock } from '@app/kernel';
import { Database } from '@app/postgres';
import { SessionExpiry } from '@app/sessions';
import { BackgroundJob, JobRuns, Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';

/** Milliseconds between two looks at Postgres, and between two sweeps. */
const lookMs = 60_000;
const sweepMs = 10 * lookMs;

/**
 * Milliseconds for which Postgres must have answered every look before. After an outage instances first write which
 * sessions were used meanwhile; what is marked before that could not be prolonged any more.
 */
const settledMs = 5 * lookMs;

/**
 * Every ten minutes notes which sessions time has ended. Every process does: a lock keeps their walks apart, but none knows
 * of the others', so whatever is not marked is looked at once for each process.
 */
@Injectable()
export class ExpirySweep extends BackgroundJob {
  private answeringSince: number | null = null;
  private sweptAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly expiry: SessionExpiry,
    private readonly database: Database,
    private readonly clock: Clock,
    log: Log,
    runs: JobRuns,
  ) {
    const lines = { interrupted: 'expiry.interrupted', resumed: 'expiry.resumed' };
    // The batch that is under way when the process ends.
    super({ name: 'expiry', lines, intervalMs: lookMs, partingMs: 1_000 }, log, runs);
  }

  /** Looks at Postgres, and sweeps if that is due. Rejects with StoreUnavailableError. */
  override async round(): Promise<void> {
    const now = this.clock.monotonicMs();
    try {
      await this.database.ping();
      this.answeringSince ??= now;
      const isSettled = now - this.answeringSince >= settledMs;
      if (!isSettled || now - this.sweptAt < sweepMs) return;
      const expired = await this.expiry.run(this.isStopped);
      this.sweptAt = now;
      if (expired > 0) this.log.info('sessions.expired', { sessions: expired });
    } catch (error) {
      this.answeringSince = null;
      throw error;
    }
  }
}
