import type { FastifyInstance } from 'fastify';
import { RouteNotFoundError } from '../errors/http.errors.js';

const pageFile = /^\/docs\/(?:[\w./-]+\.(?:html|css|js|png))?$/;

/**
 * Swagger UI's package is served as a folder: its version, notes and source maps are nobody's business (ASVS
 * v5.0.0-13.4.6). Its pages also come without the charset that every text must name (v5.0.0-4.1.1).
 */
export function tidyDocs(server: FastifyInstance): void {
  server.addHook('onRequest', async ({ url }) => {
    const path = url.split('?', 1)[0] ?? url;
    if (path.startsWith('/docs/') && !pageFile.test(path)) throw new RouteNotFoundError();
  });
  server.addHook('onSend', async (_request, reply) => {
    const type = reply.getHeader('content-type');
    if (type === 'text/html' || type === 'application/javascript') {
      void reply.header('content-type', `${type}; charset=utf-8`);
    }
  });
}
