import type { FastifyInstance } from 'fastify';
import { MalformedRequestError, UnsupportedMediaTypeError } from '../errors/http.errors.js';
import { checking } from './hooks.js';

/**
 * Fields that may come once. Of two, Node keeps the first in silence, while the proxy in front may have judged the
 * last (RFC 9112 §3.2, ASVS v5.0.0-15.3.7).
 */
const singleFields = ['host', 'authorization', 'content-type'];

/** Refuses what two readers could understand in two ways. */
export function refuseAmbiguousHeaders(server: FastifyInstance): void {
  server.addHook(
    'onRequest',
    checking((request, reply) => {
      const doubled = fieldThatComesTwice(request.raw.rawHeaders);
      if (doubled) {
        // Where the two readers disagree about one request, they may also disagree about where the next begins.
        void reply.header('connection', 'close');
        throw new MalformedRequestError(`The header ${doubled} must not come twice.`);
      }
      const coding = request.headers['content-encoding'];
      if (coding !== undefined && coding !== 'identity') throw new UnsupportedMediaTypeError();
    }),
  );
}

/** Of names and values in turn, as they were sent. */
function fieldThatComesTwice(raw: readonly string[]): string | undefined {
  return singleFields.find((field) => {
    let times = 0;
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index]!;
      if (name.length === field.length && name.toLowerCase() === field) times += 1;
    }
    return times > 1;
  });
}
