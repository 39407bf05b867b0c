import { type DynamicModule, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import type { JobsConfig } from '@app/config';
import { Readiness } from './readiness.js';
import { redisHealthSecondsToken, RedisWatch } from './redis-watch.js';
import { drainSecondsToken, ShutdownGate } from './shutdown-gate.js';

@Module({})
export class HealthModule {
  /** `imports` brings the AuthorityState whose condition readiness reports. */
  static forRoot(options: {
    drainSeconds: number;
    jobs: JobsConfig;
    imports: NonNullable<ModuleMetadata['imports']>;
  }): DynamicModule {
    return {
      module: HealthModule,
      // Its own log line per failed probe would repeat the same outage once a second.
      imports: [TerminusModule.forRoot({ logger: false }), ...options.imports],
      providers: [
        { provide: drainSecondsToken, useValue: options.drainSeconds },
        Readiness,
        ShutdownGate,
        ...(options.jobs.enabled ? watch(options.jobs) : []),
      ],
      exports: [Readiness, ShutdownGate],
    };
  }

  /** The jobs alone, for a process that answers nobody. */
  static forJobs(jobs: JobsConfig): DynamicModule {
    return { module: HealthModule, providers: watch(jobs) };
  }
}

function watch({ redisHealthSeconds }: JobsConfig): Provider[] {
  return [{ provide: redisHealthSecondsToken, useValue: redisHealthSeconds }, RedisWatch];
}
