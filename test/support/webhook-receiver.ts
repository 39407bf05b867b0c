import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** A webhook as it came. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Told {
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    readonly event_id: string;
    readonly user_id: string | null;
    readonly session_id: string | null;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

type Answer = (reply: ServerResponse, received: Received) => void;

/** What a receiver does with a request that it has read completely. */
export const answers = {
  take: (reply) => void reply.writeHead(204).end(),
  fail: (reply) => void reply.writeHead(500).end('out of order'),
  gone: (reply) => void reply.writeHead(410).end(),
  hang: () => undefined,
  redirect: (reply) => void reply.writeHead(302, { location: '/elsewhere' }).end(),
  die: (reply) => void reply.socket?.destroy(),
} satisfies Record<string, Answer>;

/** A real HTTP server on this machine. */
export class WebhookReceiver {
  /** Everything that came, in its order. */
  readonly received: Received[] = [];
  /** Of these it answered as if it had them. */
  readonly accepted: Received[] = [];
  answer: Answer = answers.take;
  /** Most requests that it had at once. */
  peak = 0;
  private open = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor() {
    this.server = createServer((request, reply) => {
      this.open += 1;
      this.peak = Math.max(this.peak, this.open);
      reply.once('close', () => (this.open -= 1));
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const received = { headers: request.headers, body: Buffer.concat(parts).toString('utf8') };
        this.received.push(received);
        reply.once('finish', () => {
          if (reply.statusCode < 300) this.accepted.push(received);
        });
        this.answer(reply, received);
      });
    });
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  /** As the official library of Standard Webhooks reads them, and only if it finds them genuine. */
  verified(secret: string, from: readonly Received[] = this.accepted): Told[] {
    const library = new Webhook(secret);
    return from.map(({ headers, body }) => library.verify(body, headers as Record<string, string>) as Told);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
