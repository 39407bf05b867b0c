import type { AnalyticsConfig } from '@app/config';
import { LogReaders } from '@app/event-log';
import { Clock, UnitOfWork } from '@app/kernel';
import { JobRuns, Log, RetentionJob } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { analyticsConfigToken } from '../analytics.config.js';
import { bucketSeconds } from '../domain/grid.js';
import { readerNameOf } from '../domain/reader-name.js';
import { Rollups } from '../domain/rollups.js';

const dayMs = 86_400_000;

/** Milliseconds for which is remembered who has been counted, longer than commits can be late. */
const usersKeptMs = 2 * dayMs;

/** Forgets counts that are older than they have to be kept, and who was counted. */
@Injectable()
export class RollupRetention extends RetentionJob {
  constructor(
    private readonly readers: LogReaders,
    private readonly rollups: Rollups,
    private readonly clock: Clock,
    work: UnitOfWork,
    log: Log,
    runs: JobRuns,
    @Inject(analyticsConfigToken) private readonly config: AnalyticsConfig,
  ) {
    const lines = { interrupted: 'analytics.purge_interrupted', resumed: 'analytics.purge_resumed' };
    super({ name: 'analytics_retention', lines }, work, log, runs);
  }

  /** Rejects with StoreUnavailableError. */
  override async round(): Promise<void> {
    const now = this.clock.now().getTime();
    const fine = new Date(now - this.config.fineDays * dayMs);
    const daily = new Date(now - this.config.dailyDays * dayMs);
    const { '5m': minutes, '1h': hours, '1d': days } = bucketSeconds;
    await this.inTurns((limit) => this.rollups.purge({ seconds: minutes, before: fine }, limit));
    await this.inTurns((limit) => this.rollups.purge({ seconds: hours, before: fine }, limit));
    await this.inTurns((limit) => this.rollups.purge({ seconds: days, before: daily }, limit));
    await this.inTurns(async (limit) => this.rollups.purgeUsers(await this.usersCountedBefore(), limit));
  }

  /** Of a bucket that is not fully counted yet, people must be remembered however old it is. */
  private async usersCountedBefore(): Promise<Date> {
    const status = await this.readers.statusOf(readerNameOf.shown);
    const upTo = status?.oldestUnread ?? this.clock.now();
    return new Date(upTo.getTime() - usersKeptMs);
  }
}
