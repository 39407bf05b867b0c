import type { FastifyInstance } from 'fastify';
import { MalformedRequestError, UnsupportedMediaTypeError } from '../errors/http.errors.js';

/**
 * Fields that may come once. Of two, Node keeps the first in silence, while the proxy in front may have judged the
 * last (RFC 9112 §3.2, ASVS v5.0.0-15.3.7).
 */
const singleFields = ['host', 'authorization', 'content-type'];

/** Refuses what two readers could understand in two ways. */
export function refuseAmbiguousHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', async (request, reply) => {
    const names = request.raw.rawHeaders.filter((_, index) => index % 2 === 0);
    const doubled = singleFields.find((field) => comesTwice(names, field));
    if (doubled) {
      // Where the two readers disagree about one request, they may also disagree about where the next begins.
      void reply.header('connection', 'close');
      throw new MalformedRequestError(`The header ${doubled} must not come twice.`);
    }
    const coding = request.headers['content-encoding'];
    if (coding !== undefined && coding !== 'identity') throw new UnsupportedMediaTypeError();
  });
}

function comesTwice(names: readonly string[], field: string): boolean {
  return names.filter((name) => name.toLowerCase() === field).length > 1;
}
