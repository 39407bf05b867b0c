import { type DynamicModule, Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Readiness } from './readiness.js';
import { drainSecondsToken, ShutdownGate } from './shutdown-gate.js';

@Module({})
export class HealthModule {
  static forRoot(options: { drainSeconds: number }): DynamicModule {
    return {
      module: HealthModule,
      // Its own log line per failed probe would repeat the same outage once a second.
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [{ provide: drainSecondsToken, useValue: options.drainSeconds }, Readiness, ShutdownGate],
      exports: [Readiness, ShutdownGate],
    };
  }
}
