import type { Metrics } from '@app/telemetry';
import type { FastifyInstance, RouteOptions } from 'fastify';

/** What is at no address has one, so that scanners cannot make a series for each of theirs. */
const nowhere = 'none';

/**
 * Measures requests by the template of their route. Each route gets a hook of its own that knows its counters: asking a
 * request for its route makes an object of twelve fields. Must be called before any route is registered.
 */
export function timeRequests(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onRoute', (route) => {
    const times = metrics.route([route.method].flat().join(), route.url);
    const hook: NonNullable<RouteOptions['onResponse']> = (_request, reply, done) => {
      times.observe(reply.statusCode, reply.elapsedTime / 1_000);
      done();
    };
    route.onResponse = [hook, ...[route.onResponse ?? []].flat()];
  });
  const missed = metrics.route(nowhere, nowhere);
  server.addHook('onResponse', (request, reply, done) => {
    if (request.is404) missed.observe(reply.statusCode, reply.elapsedTime / 1_000);
    done();
  });
}
