import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Readiness } from './readiness.js';
import { drainSecondsToken, ShutdownGate } from './shutdown-gate.js';

@Module({})
export class HealthModule {
  /** `imports` brings the AuthorityState whose condition readiness reports. */
  static forRoot(options: {
    drainSeconds: number;
    imports: NonNullable<ModuleMetadata['imports']>;
  }): DynamicModule {
    return {
      module: HealthModule,
      // Its own log line per failed probe would repeat the same outage once a second.
      imports: [TerminusModule.forRoot({ logger: false }), ...options.imports],
      providers: [{ provide: drainSecondsToken, useValue: options.drainSeconds }, Readiness, ShutdownGate],
      exports: [Readiness, ShutdownGate],
    };
  }
}
