import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mayReadMetrics } from './metrics-access.js';
import type { Metrics } from './metrics.js';

export interface MetricsServerOptions {
  readonly host: string;
  readonly port: number;
  /** Bearer token of those who read the metrics, or null. */
  readonly token: string | null;
  /**
   * Who reads the metrics without a token: whoever reaches the port, this machine, or nobody because they are on
   * another port.
   */
  readonly readers: 'anybody' | 'this machine' | 'nobody';
}

/** `GET /metrics` and `GET /health` on a port of their own; nothing else is there. Rejects if the port is taken. */
export async function openMetricsServer(
  metrics: Metrics,
  { host, port, token, readers }: MetricsServerOptions,
): Promise<Server> {
  const mayRead = ({ headers, socket }: IncomingMessage): boolean => {
    if (readers === 'nobody') return false;
    if (readers === 'anybody' && token === null) return true;
    return mayReadMetrics({ headers, remoteAddress: socket.remoteAddress }, token);
  };
  const answer = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const path = request.method === 'GET' ? request.url : undefined;
    if (path === '/health') return send(reply, 200, 'application/json; charset=utf-8', '{"status":"ok"}');
    if (path === '/metrics' && mayRead(request)) {
      const { contentType, text } = await metrics.render();
      return send(reply, 200, contentType, text);
    }
    return send(reply, 404, 'text/plain; charset=utf-8', 'There is nothing at this address.');
  };
  const server = createServer((request, reply) => {
    answer(request, reply).catch(() => reply.destroy()); // The reader went away.
  });
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
