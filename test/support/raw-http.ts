import { connect } from 'node:net';

export interface RawReply {
  /** Null if the connection was closed without an answer. */
  readonly status: number | null;
  readonly text: string;
  /** True if the server hung up by itself. */
  readonly isClosed: boolean;
}

const patienceMs = 3_000;

/** Sends bytes that no HTTP client would send, and collects what comes back until the server hangs up. */
export function exchange(port: number, bytes: string | Buffer): Promise<RawReply> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    const finish = (isClosed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks).toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
      resolve({ status: status === undefined ? null : Number(status), text, isClosed });
    };
    const timer = setTimeout(() => finish(false), patienceMs);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => finish(true));
    socket.on('close', () => finish(true));
  });
}
