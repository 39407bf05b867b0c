import type { ShutdownGate } from '@app/health';
import type { FastifyInstance } from 'fastify';

/** One line per request at `debug`, and at `info` for failures of ours; paths only, never queries or headers. */
export function traceRequests(server: FastifyInstance, gate: ShutdownGate): void {
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  server.addHook('onSend', async (_request, reply) => {
    if (gate.isClosing) void reply.header('connection', 'close');
  });
  server.addHook('onResponse', async (request, reply) => {
    const level = reply.statusCode >= 500 ? 'info' : 'debug';
    server.log[level]({
      event: 'request.completed',
      request_id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 100) / 100,
    });
  });
}
