import type { ShutdownGate } from '@app/health';
import type { Metrics } from '@app/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { refuseAmbiguousHeaders } from './ambiguous-headers.js';
import { tidyDocs } from './docs-files.js';
import { acceptFormsOfOAuth } from './form-body.js';
import { acceptJsonOnly } from './json-body.js';
import { handleTogether } from './request-batch.js';
import { logRequests } from './request-log.js';
import { spanRequests } from './request-spans.js';
import { timeRequests } from './request-times.js';
import { keepReplyForms } from './reply-form.js';
import type { RouteTable } from './route-table.js';
import { acceptUploads } from './upload-body.js';
import { sendSecurityHeaders } from './security-headers.js';

export interface ServerParts {
  readonly routes: RouteTable;
  readonly gate: ShutdownGate;
  readonly metrics: Metrics;
  /** One in so many requests is logged at `info`; 0: none, but for failures of ours. */
  readonly loggedRequests: number;
}

/** Everything the server needs before its routes are registered. */
export async function prepareServer(
  app: NestFastifyApplication,
  { routes, gate, metrics, loggedRequests }: ServerParts,
): Promise<void> {
  const server = app.getHttpAdapter().getInstance();
  routes.observe(server);
  // Stays before the spans, or what it holds back would go on in the context of whoever arrived first.
  handleTogether(server);
  // First what every reply carries, then what refuses.
  spanRequests(server);
  timeRequests(server, metrics);
  logRequests(server, gate, loggedRequests);
  sendSecurityHeaders(server);
  refuseAmbiguousHeaders(server);
  tidyDocs(server);
  acceptJsonOnly(server);
  acceptFormsOfOAuth(server);
  await acceptUploads(server);
  keepReplyForms(server);
}
