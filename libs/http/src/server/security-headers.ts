import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

/** JSON opened as a document can load, run and frame nothing. */
const apiPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

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
    const isDocs = request.url === '/docs' || request.url.startsWith('/docs/');
    void reply.header('content-security-policy', isDocs ? docsPolicy : apiPolicy);
    // Replies depend on who asks; a route whose reply may be kept says so itself.
    if (!isDocs) void reply.header('cache-control', 'no-store');
  });
}
