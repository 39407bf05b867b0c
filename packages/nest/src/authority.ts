import type { Settings } from './rollcall.options.js';

interface Asking {
  readonly timeoutMs: number;
  /** Of a form; a GET without. */
  readonly form?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Public routes are asked without the credentials. */
  readonly isPublic?: boolean;
}

/** Rollcall has not answered, or not as Rollcall does: nothing is known. */
export class AuthorityError extends Error {
  override readonly name = 'AuthorityError';

  constructor(
    message: string,
    /** 0 if nobody answered. */
    readonly status: number,
    readonly retryAfterSeconds: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Asks Rollcall with the credentials of this service. */
export class Authority {
  private readonly credentials: string;

  constructor(private readonly settings: Pick<Settings, 'baseUrl' | 'client' | 'fetch'>) {
    const { id, secret } = settings.client;
    this.credentials = `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`;
  }

  /** The JSON of a success. Rejects with AuthorityError for everything else. */
  async ask(path: string, { timeoutMs, form, signal, isPublic }: Asking): Promise<unknown> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const request: RequestInit = {
      method: form ? 'POST' : 'GET',
      headers: { accept: 'application/json', ...(!isPublic && { authorization: this.credentials }) },
      // The credentials must not follow to another host.
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(form && { body: new URLSearchParams(form) }),
    };
    try {
      const reply = await this.settings.fetch(`${this.settings.baseUrl}${path}`, request);
      if (!reply.ok) throw refusal(path, reply);
      return await reply.json();
    } catch (error) {
      if (error instanceof AuthorityError) throw error;
      throw new AuthorityError(`${path} was not answered`, 0, null, { cause: error });
    }
  }
}

/** Of a body that nobody reads the connection is given back. */
function refusal(path: string, reply: Response): AuthorityError {
  void reply.body?.cancel().catch(() => undefined);
  const after = reply.headers.get('retry-after') ?? '';
  const seconds = /^\d{1,5}$/.test(after) ? Number(after) : null;
  return new AuthorityError(`${path} was answered ${reply.status}`, reply.status, seconds);
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function encoded(part: string): string {
  return encodeURIComponent(part).replaceAll('%20', '+');
}
