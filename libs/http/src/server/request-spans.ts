import { type RequestSpan, tracing } from '@app/telemetry';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Asked every few seconds, and of no interest. */
const untraced = new Set(['/health', '/ready', '/metrics']);

/**
 * A span for each request, as a child of the one that its `traceparent` names. Without tracing there is not even a hook.
 * Must be called after `handleTogether`, before all other hooks.
 */
export function spanRequests(server: FastifyInstance): void {
  if (!tracing.isOn) return;
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  server.addHook('onRequest', (request, reply, done) => {
    const span = untraced.has(request.routeOptions.url ?? '') ? null : tracing.request(request.headers);
    if (!span) return done();
    spans.set(request, span);
    void reply.header('traceresponse', span.header);
    return span.enter(done);
  });
  // The body came by events of the socket, which know nothing of the request.
  server.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    return span ? span.enter(done) : done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const route = request.routeOptions.url ?? 'none';
    const status = reply.statusCode;
    spans.get(request)?.end(`${method} ${route}`, {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'rollcall.request_id': request.id,
    });
    done();
  });
}
