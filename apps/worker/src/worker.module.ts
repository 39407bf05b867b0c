import { AlertsModule } from '@app/alerts';
import { AnalyticsModule } from '@app/analytics';
import { AuditModule } from '@app/audit';
import { AuthModule } from '@app/auth';
import type { Config } from '@app/config';
import { HealthModule } from '@app/health';
import { Clock, CryptoRandomSource, RandomSource, ServerSecret } from '@app/kernel';
import { type OpenDatabase, PostgresModule } from '@app/postgres';
import { RedisModule } from '@app/redis';
import { type Logger, TelemetryModule } from '@app/telemetry';
import { WebhooksModule } from '@app/webhooks';
import { type DynamicModule, Global, Module } from '@nestjs/common';

@Global()
@Module({})
class RuntimeModule {}

export interface WorkerParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly database: OpenDatabase;
  readonly clock: Clock;
  readonly secret: ServerSecret;
}

/** The jobs and what they need: no feed, no keys, nothing that another instance would have to wait for. */
@Module({})
export class WorkerModule {
  static forRoot({ config, logger, database, clock, secret }: WorkerParts): DynamicModule {
    const runtime = [
      { provide: Clock, useValue: clock },
      { provide: ServerSecret, useValue: secret },
      { provide: RandomSource, useValue: new CryptoRandomSource() },
    ];
    return {
      module: WorkerModule,
      imports: [
        { module: RuntimeModule, providers: runtime, exports: runtime },
        TelemetryModule.forRoot(logger),
        PostgresModule.forRoot(database),
        RedisModule.forRoot(config.redis),
        AuthModule.forJobs(config),
        AnalyticsModule.forJobs(config),
        AlertsModule.forRoot({ mail: config.mail, siteUrl: config.http.publicUrl }),
        AuditModule.forJobs(config.cleanup),
        WebhooksModule.forJobs(config.webhooks),
        HealthModule.forJobs(config.jobs),
      ],
    };
  }
}
