import type { Config } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { analyticsConfigToken } from './analytics.config.js';
import { ActiveNow } from './application/active-now.js';
import { AnalyticsReports } from './application/analytics-reports.js';
import { CacheUsage } from './application/cache-usage.js';
import { RollupKeeping } from './application/rollup-keeping.js';
import { RollupRebuild } from './application/rollup-rebuild.js';
import { RollupRetention } from './application/rollup-retention.js';
import { RollupRunner } from './application/rollup-runner.js';
import { Rollups } from './domain/rollups.js';
import { RollupSets } from './domain/rollup-sets.js';
import { PostgresRollupSets } from './infrastructure/postgres/postgres-rollup-sets.js';
import { PostgresRollups } from './infrastructure/postgres/postgres-rollups.js';

const stores = [
  { provide: Rollups, useClass: PostgresRollups },
  { provide: RollupSets, useClass: PostgresRollupSets },
];

/** Counts, in one process at a time. */
const counting = [RollupKeeping, RollupRunner, RollupRetention];

@Module({})
export class AnalyticsModule {
  /**
   * Tells the numbers, measures this instance, and counts where the jobs are done. `imports` brings the SessionStatistics
   * that know what is live.
   */
  static forRoot({
    analytics,
    jobs,
    imports,
  }: Pick<Config, 'analytics' | 'jobs'> & {
    imports: NonNullable<ModuleMetadata['imports']>;
  }): DynamicModule {
    return {
      module: AnalyticsModule,
      imports: [EventLogModule, ...imports],
      providers: [
        ...stores,
        { provide: analyticsConfigToken, useValue: analytics },
        ActiveNow,
        AnalyticsReports,
        CacheUsage,
        ...(jobs.enabled ? [RollupRebuild, ...counting] : []),
      ],
      exports: [ActiveNow, AnalyticsReports],
    };
  }

  /** Counts alone, for a process that answers nobody. */
  static forJobs({ analytics }: Pick<Config, 'analytics'>): DynamicModule {
    return {
      module: AnalyticsModule,
      imports: [EventLogModule],
      providers: [
        ...stores,
        { provide: analyticsConfigToken, useValue: analytics },
        RollupRebuild,
        ...counting,
      ],
    };
  }

  /** For commands. */
  static forAdministration(): DynamicModule {
    return {
      module: AnalyticsModule,
      imports: [EventLogModule],
      providers: [...stores, RollupRebuild],
      exports: [RollupRebuild],
    };
  }
}
