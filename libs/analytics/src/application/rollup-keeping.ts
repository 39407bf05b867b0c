import { LogReaders } from '@app/event-log';
import { Clock, UnitOfWork } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { type AnalyticsConfig, analyticsConfigToken } from '../analytics.config.js';
import { bucketSeconds } from '../domain/grid.js';
import { readerOf } from '../domain/readers.js';
import { Rollups } from '../domain/rollups.js';
import { RollupRebuild } from './rollup-rebuild.js';

/** Events of one stretch, which has to be counted within the time limit of all statements. */
const batch = 2_000;

/** Milliseconds between two looks at whether there is a rebuild to carry on. */
const lookEveryMs = 10_000;

const purgeEveryMs = 3_600_000;
const purgeBatch = 2_000;

const dayMs = 86_400_000;

/** Milliseconds for which is remembered who has been counted, longer than commits can be late. */
const usersKeptMs = 2 * dayMs;

/** Counts what is new in the event log, carries on a rebuild, and forgets what is old. */
@Injectable()
export class RollupKeeping {
  private lookedAt = Number.NEGATIVE_INFINITY;
  private purgedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly readers: LogReaders,
    private readonly rollups: Rollups,
    private readonly rebuild: RollupRebuild,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    @Inject(analyticsConfigToken) private readonly config: AnalyticsConfig,
  ) {}

  /** Until nothing is left, or another process is at it, or `isStopped`. Rejects with StoreUnavailableError. */
  async round(isStopped: () => boolean = () => false): Promise<void> {
    while (!isStopped() && (await this.advance()));
    if (this.isDue('lookedAt', lookEveryMs)) {
      while (!isStopped() && (await this.rebuild.step())) await this.advance();
      await this.rebuild.clear(isStopped);
    }
    if (this.isDue('purgedAt', purgeEveryMs)) await this.purge(isStopped);
  }

  /** Forgets what is older than it has to be kept. */
  async purge(isStopped: () => boolean = () => false): Promise<void> {
    const now = this.clock.now().getTime();
    const fine = new Date(now - this.config.fineDays * dayMs);
    const daily = new Date(now - this.config.dailyDays * dayMs);
    const { '5m': minutes, '1h': hours, '1d': days } = bucketSeconds;
    const steps = [
      () => this.rollups.purge({ seconds: minutes, before: fine }, purgeBatch),
      () => this.rollups.purge({ seconds: hours, before: fine }, purgeBatch),
      () => this.rollups.purge({ seconds: days, before: daily }, purgeBatch),
      async () => this.rollups.purgeUsers(await this.usersCountedBefore(), purgeBatch),
    ];
    for (const step of steps) while (!isStopped() && (await this.inTurn(step)) > 0);
  }

  private advance(): Promise<boolean> {
    const following = { reader: readerOf.shown, batch, begin: 'with the oldest event' } as const;
    return this.readers.advance(following, (span) => this.rollups.fold(span, 'shown'));
  }

  private inTurn(step: () => Promise<number>): Promise<number> {
    return this.work.run(async () => ((await this.work.claim('rollups')) ? step() : 0));
  }

  /** Of a bucket that is not fully counted yet, people must be remembered however old it is. */
  private async usersCountedBefore(): Promise<Date> {
    const status = (await this.readers.status()).find(({ name }) => name === readerOf.shown);
    const upTo = status?.oldestUnread ?? this.clock.now();
    return new Date(upTo.getTime() - usersKeptMs);
  }

  private isDue(what: 'lookedAt' | 'purgedAt', everyMs: number): boolean {
    const now = this.clock.monotonicMs();
    if (now - this[what] < everyMs) return false;
    this[what] = now;
    return true;
  }
}
