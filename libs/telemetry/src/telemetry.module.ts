import { Clock } from '@app/kernel';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { JobRuns } from './job-runs.js';
import { Log } from './log.js';
import type { Logger } from './logger.js';
import { Metrics } from './metrics.js';

@Global()
@Module({})
export class TelemetryModule {
  static forRoot(logger: Logger): DynamicModule {
    return {
      module: TelemetryModule,
      providers: [
        { provide: Log, useValue: new Log(logger) },
        { provide: Metrics, inject: [Clock], useFactory: (clock: Clock) => new Metrics(clock) },
        JobRuns,
      ],
      exports: [Log, Metrics, JobRuns],
    };
  }
}
