import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mayReadMetrics, type Metrics } from '@app/telemetry';

/** `GET /health` for whoever restarts processes, `GET /metrics` as of the API; nothing else is here. */
export async function openProbes(
  metrics: Metrics,
  { host, port, metricsToken }: { host: string; port: number; metricsToken: string | null },
): Promise<Server> {
  const answer = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const path = request.method === 'GET' ? request.url : undefined;
    const { remoteAddress } = request.socket;
    if (path === '/health') return send(reply, 200, 'application/json; charset=utf-8', '{"status":"ok"}');
    if (path === '/metrics' && mayReadMetrics({ headers: request.headers, remoteAddress }, metricsToken)) {
      const { contentType, text } = await metrics.render();
      return send(reply, 200, contentType, text);
    }
    return send(reply, 404, 'text/plain; charset=utf-8', 'There is nothing at this address.');
  };
  const server = createServer((request, reply) => {
    answer(request, reply).catch(() => reply.destroy()); // The reader went away.
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

function send(reply: ServerResponse, status: number, type: string, body: string): void {
  reply.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  reply.end(body);
}
