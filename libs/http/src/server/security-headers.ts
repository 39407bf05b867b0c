import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** JSON opened as a document can load, run and frame nothing. */
const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** For replies that no hook reaches, because an address that cannot be read has no route. */
export const headersWithoutRoute = {
  'content-security-policy': apiPolicy,
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** Swagger UI brings its own script files and one inline style sheet. */
const docsPolicy =
  "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; " +
  "img-src 'self' data:; style-src 'self' 'unsafe-inline'";

export async function sendSecurityHeaders(server: FastifyInstance): Promise<void> {
  await server.register(helmet, {
    contentSecurityPolicy: false,
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: true },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  server.addHook('onRequest', async (request, reply) => {
    const isDocs = /^\/docs(?:[/?]|$)/.test(request.url);
    void reply.header('content-security-policy', isDocs ? docsPolicy : apiPolicy);
    // Replies depend on who asks; a route whose reply may be kept says so itself.
    if (!isDocs) void reply.header('cache-control', 'no-store');
  });
}
