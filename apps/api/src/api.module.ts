import { AuthModule } from '@app/auth';
import type { Config } from '@app/config';
import { HealthModule } from '@app/health';
import { HttpModule, type RouteTable } from '@app/http';
import { type OpenDatabase, PostgresModule } from '@app/postgres';
import { RedisModule } from '@app/redis';
import { type Logger, TelemetryModule } from '@app/telemetry';
import { type DynamicModule, Module } from '@nestjs/common';
import { AuthController } from './auth/auth.controller.js';
import { ChallengeController } from './auth/challenge.controller.js';
import { MetricsController, metricsTokenToken } from './metrics/metrics.controller.js';
import { HealthController } from './health/health.controller.js';
import { type Runtime, RuntimeModule } from './runtime.module.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { WellKnownController } from './well-known/well-known.controller.js';

export interface ApiParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly database: OpenDatabase;
  readonly runtime: Runtime;
  readonly routes: RouteTable;
}

/** Composition root: everything is given its slice of the configuration here and nowhere else. */
@Module({})
export class ApiModule {
  static forRoot({ config, logger, database, runtime, routes }: ApiParts): DynamicModule {
    const auth = AuthModule.forRoot(config);
    const health = HealthModule.forRoot({ drainSeconds: config.http.shutdownDrainSeconds, imports: [auth] });
    return {
      module: ApiModule,
      imports: [
        RuntimeModule.forRoot(runtime),
        TelemetryModule.forRoot(logger),
        PostgresModule.forRoot(database),
        RedisModule.forRoot(config.redis),
        auth,
        health,
        HttpModule.forRoot(routes, [auth]),
      ],
      controllers: [
        AuthController,
        ChallengeController,
        SessionsController,
        HealthController,
        MetricsController,
        WellKnownController,
      ],
      providers: [{ provide: metricsTokenToken, useValue: config.http.metricsToken }],
    };
  }
}
