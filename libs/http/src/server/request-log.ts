import type { ShutdownGate } from '@app/health';
import type { Logger } from '@app/telemetry';
import type { FastifyInstance } from 'fastify';

/**
 * One line per request at `debug`; at `info` for failures of ours, and for one in `logged` of the others (0: none). Route
 * templates only, never queries or headers.
 */
export function logRequests(server: FastifyInstance, gate: ShutdownGate, logged: number): void {
  const logger = server.log as Logger;
  let answered = 0;
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (gate.isClosing) void reply.header('connection', 'close');
    done(null, payload);
  });
  server.addHook('onResponse', (request, reply, done) => {
    done();
    const isFailure = reply.statusCode >= 500;
    const isSample = logged > 0 && (answered = (answered + 1) % logged) === 0;
    const level = isFailure || isSample ? 'info' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    logger[level]({
      event: 'request.completed',
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 100) / 100,
    });
  });
}
