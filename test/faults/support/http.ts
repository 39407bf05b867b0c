import { Agent, type IncomingHttpHeaders, request as open } from 'node:http';

/** Members that the tests look at; which of them are there depends on the route. */
export interface ReplyBody {
  readonly success?: boolean;
  readonly status?: string | number;
  readonly code?: string;
  readonly end_reason?: string;
  readonly request_id?: string;
  readonly checks?: Readonly<Record<string, { readonly status: string }>>;
  readonly keys?: readonly { readonly kid: string }[];
  readonly data?: ReplyData;
}

interface ReplyData {
  readonly user: { readonly id: string; readonly email: string; readonly role: string };
  readonly session: { readonly id: string };
  readonly access_token: string;
  readonly refresh_token: string;
  readonly sessions: readonly { readonly id: string }[];
  readonly count: number;
  readonly active_sessions: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Empty when the body is not JSON. */
  readonly body: ReplyBody;
  readonly text: string;
  /** Milliseconds from the request to the end of the reply. */
  readonly ms: number;
}

/** No reply: the connection failed, was closed first or stayed silent for 100 s. */
export class NoReplyError extends Error {
  constructor(
    readonly code: string,
    /** True if an earlier request on the same connection had been answered. */
    readonly onUsedConnection: boolean,
  ) {
    super(`no reply: ${code}`);
  }
}

export interface Sending {
  readonly token?: string;
  /** An object is sent as JSON, a text as it is; both declared as JSON. */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

const patienceMs = 100_000;

/** Sends exactly one request each time: nothing is repeated, and no connection is used twice unless asked for. */
export class HttpClient {
  private readonly agent: Agent;

  constructor(
    readonly baseUrl: string,
    { keepAlive = false }: { readonly keepAlive?: boolean } = {},
  ) {
    this.agent = new Agent({ keepAlive });
  }

  send(method: string, path: string, { token, body, headers }: Sending = {}): Promise<Reply> {
    const payload = typeof body === 'object' ? JSON.stringify(body) : body;
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const request = open(`${this.baseUrl}${path}`, {
        method,
        agent: this.agent,
        timeout: patienceMs,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
          ...headers,
        },
      });
      const fail = (error: NodeJS.ErrnoException): void =>
        reject(new NoReplyError(error.code ?? error.message, request.reusedSocket));
      request.once('timeout', () => request.destroy(new Error('silence')));
      request.on('error', fail);
      request.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const { statusCode: status = 0, headers: received } = response;
          resolve({
            status,
            headers: received,
            text,
            body: parsed(text),
            ms: performance.now() - started,
          });
        });
      });
      request.end(payload);
    });
  }

  /** Ends idle connections; a client that keeps none alive needs no closing. */
  close(): void {
    this.agent.destroy();
  }
}

function parsed(text: string): ReplyBody {
  try {
    return JSON.parse(text) as ReplyBody;
  } catch {
    // A page of the documentation, or nothing at all.
    return {};
  }
}
