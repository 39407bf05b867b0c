import type { Config } from '@app/config';
import { ShutdownGate } from '@app/health';
import { createAdapter, dashboardFolder, prepareServer, RouteTable, servePages } from '@app/http';
import type { OpenDatabase } from '@app/postgres';
import { type Logger, Metrics, NestLogger } from '@app/telemetry';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { serveDocument } from './openapi-document.js';
import type { Runtime } from './runtime.module.js';

export interface AppParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly database: OpenDatabase;
  readonly runtime: Runtime;
}

/** The whole API on opened stores, not yet listening. Tests and the real process build it the same way. */
export async function createApp(parts: AppParts): Promise<NestFastifyApplication> {
  const routes = new RouteTable();
  const app = await NestFactory.create<NestFastifyApplication>(
    ApiModule.forRoot({ ...parts, routes }),
    createAdapter(parts.config.http, parts.logger),
    { logger: new NestLogger(parts.logger), bodyParser: false, abortOnError: false },
  );
  await prepareServer(app, {
    routes,
    gate: app.get(ShutdownGate),
    metrics: app.get(Metrics),
    loggedRequests: parts.config.http.loggedRequests,
  });
  serveDocument(app);
  const dashboard = dashboardFolder();
  if (dashboard) await servePages(app.getHttpAdapter().getInstance(), dashboard, parts.runtime.random);
  return app;
}
