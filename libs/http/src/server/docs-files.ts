import type { FastifyInstance } from 'fastify';
import { RouteNotFoundError } from '../errors/http.errors.js';
import { checking } from './hooks.js';

const pageFile = /^\/docs\/(?:[\w./-]+\.(?:html|css|js|png))?$/;

/**
 * Swagger UI's package is served as a folder: its version, notes and source maps are nobody's business (ASVS
 * v5.0.0-13.4.6). Its pages also come without the charset that every text must name (v5.0.0-4.1.1).
 */
export function tidyDocs(server: FastifyInstance): void {
  server.addHook(
    'onRequest',
    checking(({ url }) => {
      if (!url.startsWith('/docs/')) return;
      if (!pageFile.test(url.split('?', 1)[0] ?? url)) throw new RouteNotFoundError();
    }),
  );
  server.addHook('onSend', (_request, reply, payload, done) => {
    const type = reply.getHeader('content-type');
    if (type === 'text/html' || type === 'application/javascript') {
      void reply.header('content-type', `${type}; charset=utf-8`);
    }
    done(null, payload);
  });
}
