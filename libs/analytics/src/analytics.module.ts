import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module } from '@nestjs/common';
import { ActiveNow } from './application/active-now.js';
import { AnalyticsReports } from './application/analytics-reports.js';
import { RollupKeeping } from './application/rollup-keeping.js';
import { RollupRunner } from './application/rollup-runner.js';
import { LiveCounter } from './domain/live-counter.js';
import { Rollups } from './domain/rollups.js';
import { PostgresLiveCounter } from './infrastructure/postgres/postgres-live-counter.js';
import { PostgresRollups } from './infrastructure/postgres/postgres-rollups.js';

const stores = [
  { provide: Rollups, useClass: PostgresRollups },
  { provide: LiveCounter, useClass: PostgresLiveCounter },
];

@Module({})
export class AnalyticsModule {
  /** Tells the numbers, and counts where the jobs are done. */
  static forRoot({ jobs }: { jobs: { readonly enabled: boolean } }): DynamicModule {
    return {
      module: AnalyticsModule,
      imports: [EventLogModule],
      providers: [...stores, ActiveNow, AnalyticsReports, ...(jobs.enabled ? counting : [])],
      exports: [ActiveNow, AnalyticsReports],
    };
  }

  /** Counts alone, for a process that answers nobody. */
  static forJobs(): DynamicModule {
    return { module: AnalyticsModule, imports: [EventLogModule], providers: [...stores, ...counting] };
  }
}

const counting = [RollupKeeping, RollupRunner];
