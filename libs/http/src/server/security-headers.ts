import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import { isPageAddress, pagePolicy } from './app-pages.js';

/** JSON opened as a document can load, run and frame nothing. */
const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** Swagger UI brings its own script files and one inline style sheet. */
const docsPolicy =
  "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; " +
  "img-src 'self' data:; style-src 'self' 'unsafe-inline'";

const everywhere = {
  contentSecurityPolicy: false,
  referrerPolicy: { policy: 'no-referrer' },
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  crossOriginOpenerPolicy: { policy: 'same-origin' },
  xFrameOptions: { action: 'deny' },
} as const;

/** About pages and their downloads, plug-ins and filters of old; to JSON that nothing renders they would be weight. */
const notForData = {
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
} as const;

/** Replies depend on who asks; a route whose reply may be kept says so itself. */
export const apiHeaders = {
  ...headersOf({ ...everywhere, ...notForData }),
  'content-security-policy': apiPolicy,
  'cache-control': 'no-store',
};

const docsHeaders = { ...headersOf(everywhere), 'content-security-policy': docsPolicy };

const pageHeaders = { ...headersOf(everywhere), 'content-security-policy': pagePolicy(null) };

export function sendSecurityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', ({ url }, reply, done) => {
    void reply.headers(headersFor(url));
    done();
  });
}

function headersFor(url: string): Record<string, string> {
  if (url.startsWith('/api/')) return apiHeaders;
  if (/^\/docs(?:[/?]|$)/.test(url)) return docsHeaders;
  return isPageAddress(url) ? pageHeaders : apiHeaders;
}

/** Asked once: none of them depends on the request, and helmet's dozen of handlers would run for each. */
function headersOf(options: HelmetOptions): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(options)(request, response, (error) => {
    if (error) throw error as Error;
  });
  return Object.fromEntries(
    Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]),
  );
}
