import { AlertsModule } from '@app/alerts';
import { AnalyticsModule } from '@app/analytics';
import { AuditModule } from '@app/audit';
import { AuthModule } from '@app/auth';
import { type Config, redactConfig } from '@app/config';
import { HealthModule } from '@app/health';
import { HttpModule, type RouteTable } from '@app/http';
import { type OpenDatabase, PostgresModule } from '@app/postgres';
import { RedisModule } from '@app/redis';
import { type Logger, TelemetryModule } from '@app/telemetry';
import { WebhooksModule } from '@app/webhooks';
import { type DynamicModule, Module } from '@nestjs/common';
import { authorityToken } from './authority.js';
import { AnalyticsController } from './admin/analytics.controller.js';
import { AuditController } from './admin/audit.controller.js';
import { AdminBulkEndsController } from './admin/bulk-ends.controller.js';
import { AdminSessionsController } from './admin/sessions.controller.js';
import { AdminSharesController } from './admin/shares.controller.js';
import { EventsController } from './admin/events.controller.js';
import { AdminUserActsController } from './admin/user-acts.controller.js';
import { AdminUserHistoryController } from './admin/user-history.controller.js';
import { AdminUsersController } from './admin/users.controller.js';
import { KeysController } from './admin/keys.controller.js';
import { RateLimitsController } from './admin/rate-limits.controller.js';
import { settingsToken, SystemController } from './admin/system.controller.js';
import { WebhookDeliveriesController } from './admin/webhook-deliveries.controller.js';
import { WebhooksController } from './admin/webhooks.controller.js';
import { AuthController } from './auth/auth.controller.js';
import { ReauthenticationController } from './auth/reauthentication.controller.js';
import { RefreshController } from './auth/refresh.controller.js';
import { SignInController } from './auth/sign-in.controller.js';
import { SignedInReply } from './auth/signed-in-reply.js';
import { VerifyController } from './auth/verify.controller.js';
import { ChallengeController } from './auth/challenge.controller.js';
import { MetricsController, metricsConfigToken } from './metrics/metrics.controller.js';
import { HealthController } from './health/health.controller.js';
import { OAuthController } from './oauth/oauth.controller.js';
import { AvatarController } from './profile/avatar.controller.js';
import { AvatarImageController } from './profile/avatar-image.controller.js';
import { ProfileController } from './profile/profile.controller.js';
import { publicUrlToken } from './public-url.js';
import { RevocationsController } from './revocations/revocations.controller.js';
import { type Runtime, RuntimeModule } from './runtime.module.js';
import { OwnHistoryController } from './sessions/own-history.controller.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SharesController } from './sessions/shares.controller.js';
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
    const health = HealthModule.forRoot({
      drainSeconds: config.http.shutdownDrainSeconds,
      jobs: config.jobs,
      imports: [auth],
    });
    return {
      module: ApiModule,
      imports: [
        RuntimeModule.forRoot(runtime),
        TelemetryModule.forRoot(logger),
        PostgresModule.forRoot(database),
        RedisModule.forRoot(config.redis),
        auth,
        AlertsModule.forRoot({
          mail: config.jobs.enabled ? config.mail : null,
          siteUrl: config.http.publicUrl,
        }),
        AnalyticsModule.forRoot({ ...config, imports: [auth] }),
        AuditModule.forRoot({ records: config.jobs.enabled, cleanup: config.cleanup }),
        WebhooksModule.forRoot({ webhooks: config.webhooks, delivers: config.jobs.enabled }),
        health,
        HttpModule.forRoot({
          routes,
          transport: config.transport,
          streams: config.streams,
          limits: config.rateLimit,
          imports: [auth],
        }),
      ],
      controllers: [
        AuthController,
        SignInController,
        RefreshController,
        VerifyController,
        ReauthenticationController,
        ProfileController,
        AvatarController,
        AvatarImageController,
        OwnHistoryController,
        SharesController,
        ChallengeController,
        SessionsController,
        OAuthController,
        RevocationsController,
        HealthController,
        MetricsController,
        SystemController,
        AnalyticsController,
        AdminUsersController,
        AdminUserActsController,
        AdminUserHistoryController,
        AdminBulkEndsController,
        AdminSessionsController,
        AdminSharesController,
        AuditController,
        EventsController,
        KeysController,
        RateLimitsController,
        WebhooksController,
        WebhookDeliveriesController,
        WellKnownController,
      ],
      providers: [
        SignedInReply,
        { provide: publicUrlToken, useValue: config.http.publicUrl },
        { provide: metricsConfigToken, useValue: config.http },
        { provide: settingsToken, useValue: redactConfig(config) },
        { provide: authorityToken, useValue: config.tokens },
      ],
    };
  }
}
