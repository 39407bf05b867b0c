import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '@app/testing';

/** A TCP proxy that counts how often the conversation turns: each time the client speaks after the server did. */
export class TurnCounter {
  turns = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async before(targetPort: number): Promise<TurnCounter> {
    const port = await freePort();
    const server = createServer({ noDelay: true });
    const counter = new TurnCounter(port, server);
    server.on('connection', (client) => counter.link(client, connect({ port: targetPort, noDelay: true })));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return counter;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private link(client: Socket, target: Socket): void {
    let isServersTurn = false;
    client.on('data', (bytes) => {
      if (!isServersTurn) this.turns += 1;
      isServersTurn = true;
      target.write(bytes);
    });
    target.on('data', (bytes) => {
      isServersTurn = false;
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }
}
