import { Agent, request as open } from 'node:http';

/** What the tests look at; which members are there depends on the route. */
interface Body {
  readonly status?: string;
  readonly mode?: string;
  readonly code?: string;
  readonly end_reason?: string;
  readonly data?: {
    readonly user: { readonly id: string; readonly role: string; readonly full_name: string | null };
    readonly session: { readonly id: string };
    readonly sessions: readonly { readonly id: string }[];
    readonly access_token: string;
    readonly refresh_token: string;
    readonly propagation: string;
    readonly terminated: number;
    readonly count: number;
    readonly id: string;
    readonly full_name: string | null;
  };
}

export interface Reply {
  readonly status: number;
  readonly body: Body;
  /** `X-Authority-Mode`; absent means normal. */
  readonly mode: string | undefined;
  /** `X-Cache`. */
  readonly cache: string | undefined;
  readonly retryAfter: string | undefined;
  /** Milliseconds on the monotonic clock, of the request and of the end of the reply. */
  readonly started: number;
  readonly ended: number;
}

/** Somebody signed in on one device. */
export interface Device {
  readonly email: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
  readonly refreshToken: string;
}

export type Pair = Pick<Device, 'token' | 'refreshToken'>;

/** What a refresh gave; throws if it was refused. */
export function pairOf({ status, body }: Reply): Pair {
  if (status !== 200 || !body.data) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return { token: body.data.access_token, refreshToken: body.data.refresh_token };
}

export const password = 'seven plain words make a phrase';

/** Longer than any bound that a test asserts. */
const patienceMs = 15_000;

let made = 0;

/** One instance as its clients see it. Nothing is sent twice. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly baseUrl: string) {}

  /** Rejects only when no reply comes. */
  ask(method: string, path: string, of: { token?: string; body?: object } = {}): Promise<Reply> {
    const payload = of.body && JSON.stringify(of.body);
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const request = open(`${this.baseUrl}${path}`, {
        method,
        agent: this.agent,
        timeout: patienceMs,
        headers: {
          ...(of.token ? { authorization: `Bearer ${of.token}` } : {}),
          ...(payload
            ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
            : {}),
        },
      });
      request.once('timeout', () => request.destroy(new Error(`no reply within ${patienceMs} ms`)));
      request.once('error', reject);
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text) as Body,
            mode: response.headers['x-authority-mode'] as string | undefined,
            cache: response.headers['x-cache'] as string | undefined,
            retryAfter: response.headers['retry-after'],
            started,
            ended: performance.now(),
          }),
        );
      });
      request.end(payload);
    });
  }

  /** The product's one question. */
  check(token: string): Promise<Reply> {
    return this.ask('GET', '/api/v1/auth/session', { token });
  }

  async signUp(): Promise<Device> {
    made += 1;
    const email = `person${made}.${process.pid}@example.com`;
    return deviceOf(
      email,
      await this.ask('POST', '/api/v1/auth/register', { body: { email, password, full_name: 'Ann' } }),
    );
  }

  async signIn({ email }: Pick<Device, 'email'>): Promise<Device> {
    return deviceOf(email, await this.ask('POST', '/api/v1/auth/signin', { body: { email, password } }));
  }

  refresh(refreshToken: string): Promise<Reply> {
    return this.ask('POST', '/api/v1/auth/refresh', { body: { refresh_token: refreshToken } });
  }

  changePassword({ token }: Pick<Device, 'token'>, newPassword: string): Promise<Reply> {
    const body = { current_password: password, new_password: newPassword };
    return this.ask('PUT', '/api/v1/auth/profile/password', { token, body });
  }

  signOut({ token }: Pick<Device, 'token'>): Promise<Reply> {
    return this.ask('POST', '/api/v1/auth/signout', { token });
  }

  signOutEverywhere({ token }: Pick<Device, 'token'>): Promise<Reply> {
    return this.ask('POST', '/api/v1/auth/logout-all', { token });
  }

  end(id: string, { token }: Pick<Device, 'token'>): Promise<Reply> {
    return this.ask('DELETE', `/api/v1/sessions/${id}`, { token });
  }

  endOthers({ token }: Pick<Device, 'token'>): Promise<Reply> {
    return this.ask('DELETE', '/api/v1/sessions', { token });
  }

  list({ token }: Pick<Device, 'token'>): Promise<Reply> {
    return this.ask('GET', '/api/v1/sessions', { token });
  }

  profile({ token }: Pick<Device, 'token'>): Promise<Reply> {
    return this.ask('GET', '/api/v1/auth/profile', { token });
  }

  changeProfile({ token }: Pick<Device, 'token'>, body: object): Promise<Reply> {
    return this.ask('PUT', '/api/v1/auth/profile', { token, body });
  }

  ready(): Promise<Reply> {
    return this.ask('GET', '/ready');
  }

  close(): void {
    this.agent.destroy();
  }
}

function deviceOf(email: string, { status, body: { data }, body }: Reply): Device {
  if (!data || status > 201) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return {
    email,
    userId: data.user.id,
    sessionId: data.session.id,
    token: data.access_token,
    refreshToken: data.refresh_token,
  };
}

/** An answer in one word: `200`, `200 database`, `401 SESSION_ENDED`, `503 STORE_UNAVAILABLE`. */
export function inWords({ status, mode, body }: Reply): string {
  return [status, body.code ?? mode].filter(Boolean).join(' ');
}

/** Status and proof of a revocation: `200 complete`, `202 pending`, or the refusal. */
export function proofOf({ status, body }: Reply): string {
  return `${status} ${body.data?.propagation ?? body.code}`;
}

export function millisecondsOf({ started, ended }: Reply): number {
  return ended - started;
}
