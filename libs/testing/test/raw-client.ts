import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { eventually } from '../src/index.js';

/** A bare TCP client that speaks Redis' inline protocol, to see what a driver would hide. */
export class RawClient {
  received = '';
  /** Code of the error that ended the connection, `FIN` for an orderly end, null while it is open. */
  ending: string | null = null;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (bytes) => (this.received += bytes.toString('latin1')));
    socket.on('end', () => (this.ending ??= 'FIN'));
    socket.on('error', (error: NodeJS.ErrnoException) => (this.ending = error.code ?? error.message));
  }

  /** Rejects with the error of the connection attempt. */
  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  /** Resolves with milliseconds from the sending to the arrival of the awaited text. */
  async ask(line: string, awaited: string): Promise<number> {
    this.received = '';
    const started = performance.now();
    this.send(line);
    await eventually(() => this.received.includes(awaited), {
      describe: () => `${awaited} in ${this.received}`,
    });
    return performance.now() - started;
  }

  ended(): Promise<string> {
    return eventually(() => this.ending, { describe: 'the connection ends' });
  }

  close(): void {
    this.socket.destroy();
  }
}
