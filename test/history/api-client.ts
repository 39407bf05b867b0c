import { Agent, request } from 'node:http';

export interface Answer {
  /** Null when no complete answer came. */
  readonly status: number | null;
  readonly mode: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly token?: string;
  readonly body?: unknown;
}

/** Milliseconds after which a caller gives up; longer than any answer of a healthy process takes. */
const patience = 3_000;

const silence: Answer = { status: null, mode: null, body: {} };

/** Calls one instance over kept connections; never rejects. */
export class ApiClient {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly port: number) {}

  call({ method, path, token, body }: Call): Promise<Answer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers: Record<string, string | number> = {};
    if (token) headers.authorization = `Bearer ${token}`;
    if (text) headers['content-type'] = 'application/json';
    if (text) headers['content-length'] = Buffer.byteLength(text);
    return new Promise((resolve) => {
      const target = { host: '127.0.0.1', port: this.port, agent: this.agent };
      const sent = request({ ...target, method, path, headers, timeout: patience }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve(silence));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? null,
            mode: response.headers['x-authority-mode']?.toString() ?? null,
            body: parsed(Buffer.concat(chunks).toString()),
          }),
        );
      });
      sent.on('timeout', () => sent.destroy());
      sent.on('error', () => resolve(silence));
      sent.end(text);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    // Successes come in an envelope, problems do not.
    return (value.data as Record<string, unknown> | undefined) ?? value;
  } catch {
    return {};
  }
}
