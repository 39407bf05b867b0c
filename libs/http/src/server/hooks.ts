import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * A check as a hook of Fastify without a promise: hooks run for every request, and awaiting nothing a dozen times costs
 * more than a session check.
 */
export function checking(
  check: (request: FastifyRequest, reply: FastifyReply) => void,
): (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void {
  return (request, reply, done) => {
    try {
      check(request, reply);
    } catch (error) {
      done(error as Error);
      return;
    }
    done();
  };
}
