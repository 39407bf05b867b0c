import type { RateLimitConfig, StreamsConfig, TransportConfig } from '@app/config';
import { Log } from '@app/telemetry';
import {
  type DynamicModule,
  Module,
  type ModuleMetadata,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { ValidationFailedError } from './errors/http.errors.js';
import { ProblemFilter } from './errors/problem.filter.js';
import { Credentials } from './guards/credentials.js';
import { AdminGuard } from './guards/admin.guard.js';
import { FreshnessGuard } from './guards/freshness.guard.js';
import { ClientGuard } from './guards/client.guard.js';
import { SessionGuard } from './guards/session.guard.js';
import { AddressWatch } from './limits/address-watch.js';
import { RateLimitGuard } from './limits/rate-limit.guard.js';
import { RouteLimits } from './limits/route-limits.js';
import { ForwardedAccess } from './forward-auth/forward-auth.js';
import { RouteTable } from './server/route-table.js';
import { EventStreams, streamsConfigToken } from './streams/event-streams.js';
import { CrossSiteDefence } from './transport/cross-site-defence.js';
import { CsrfTokens } from './transport/csrf-tokens.js';
import { SessionCookies } from './transport/session-cookies.js';
import { transportConfigToken } from './transport/transport.config.js';

type Issues = Parameters<
  NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>['exceptionFactory'] & {}
>[0];

/** Issues name the field and the rule, never the value. */
function toRefusal(issues: Issues): ValidationFailedError {
  return new ValidationFailedError(
    issues.slice(0, 20).map((issue) => ({
      field:
        (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.') ||
        'body',
      message: issue.message,
    })),
  );
}

export interface HttpParts {
  readonly routes: RouteTable;
  readonly transport: TransportConfig;
  readonly streams: StreamsConfig;
  readonly limits: Pick<RateLimitConfig, 'enabled'>;
  readonly imports: ModuleMetadata['imports'];
}

/** The edge: what stands between Fastify and every controller, in the order of a request. */
@Module({})
export class HttpModule {
  static forRoot({ routes, transport, streams, limits, imports }: HttpParts): DynamicModule {
    return {
      module: HttpModule,
      imports,
      providers: [
        { provide: transportConfigToken, useValue: transport },
        { provide: streamsConfigToken, useValue: streams },
        EventStreams,
        CsrfTokens,
        CrossSiteDefence,
        SessionCookies,
        ForwardedAccess,
        Credentials,
        AddressWatch,
        // Limits first: they begin what the session guard waits for.
        ...(limits.enabled ? [RouteLimits, { provide: APP_GUARD, useClass: RateLimitGuard }] : []),
        { provide: APP_GUARD, useClass: SessionGuard },
        { provide: APP_GUARD, useClass: AdminGuard },
        { provide: APP_GUARD, useClass: FreshnessGuard },
        { provide: APP_GUARD, useClass: ClientGuard },
        {
          provide: APP_PIPE,
          useFactory: () => new StandardSchemaValidationPipe({ exceptionFactory: toRefusal }),
        },
        {
          provide: APP_FILTER,
          inject: [Log, ForwardedAccess],
          useFactory: (log: Log, forwarded: ForwardedAccess) => new ProblemFilter(log, routes, forwarded),
        },
      ],
      exports: [SessionCookies, CrossSiteDefence, ForwardedAccess, EventStreams],
    };
  }
}
