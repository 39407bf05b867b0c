import type { Response } from 'supertest';
import { CookieJar as Jar } from 'tough-cookie';
import { type Api, base } from './api.js';
import type { Person } from './people.js';

type Method = 'get' | 'post' | 'put' | 'delete' | 'head';

interface Ask {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as X-CSRF-Token; the page's own unless told, null for none. */
  readonly csrf?: string | null;
}

/** The names of the cookies, without the prefix that TLS adds. */
export type CookieName = 'at' | 'rt' | 'csrf';

/**
 * A browser as far as cookies go (RFC 6265bis): it keeps what a browser would keep, sends what a browser would send,
 * and its page sends the CSRF token that it can read.
 */
export class CookieJar {
  private readonly jar = new Jar(undefined, { prefixSecurity: 'strict' });

  constructor(
    private readonly api: Api,
    /** Where the browser believes to be. */
    readonly origin: string = 'http://auth.example.com',
  ) {}

  async send(method: Method, path: string, { body, headers = {}, csrf }: Ask = {}): Promise<Response> {
    const url = this.urlOf(path);
    const cookies = await this.jar.getCookieString(url);
    const token = csrf === undefined ? this.value('csrf') : csrf;
    const request = this.api
      .root(method, path.startsWith('/') && !path.startsWith(base) ? `${base}${path}` : path)
      .set({ host: new URL(this.origin).host, ...headers });
    if (cookies) void request.set('cookie', cookies);
    if (token !== null) void request.set('x-csrf-token', token);
    const reply = await (body ? request.send(body) : request);
    for (const line of proper(reply)) await this.jar.setCookie(line, url, { ignoreError: true });
    return reply;
  }

  get = (path: string, ask: Ask = {}): Promise<Response> => this.send('get', path, ask);
  post = (path: string, body?: object, ask: Ask = {}): Promise<Response> =>
    this.send('post', path, { ...ask, body });

  async signIn({ email, password }: Person, wish: object = {}): Promise<Response> {
    return this.post('/auth/signin', { email, password, transport: 'cookie', ...wish });
  }

  /** As somebody else who may write cookies for this host would. */
  async plant(line: string, path = '/'): Promise<void> {
    await this.jar.setCookie(line, `${this.origin}${path}`);
  }

  /** What goes along with a request of an address of the API, as `name=value`. */
  sent(path = '/auth/session'): string[] {
    return this.jar.getCookiesSync(this.urlOf(path)).map((cookie) => cookie.cookieString());
  }

  /** What a page at the root of the host sees of a cookie that scripts may read; empty without one. */
  value(name: CookieName): string {
    const cookies = this.jar.getCookiesSync(this.origin);
    return cookies.find(({ key }) => key.replace('__Host-', '') === name)?.value ?? '';
  }

  private urlOf(path: string): string {
    return `${this.origin}${path.startsWith(base) ? path : `${base}${path}`}`;
  }
}

/** Somebody signed in by cookies alone,  */
export async function signedInJar(
  api: Api,
  wish: object = {},
): Promise<{ jar: CookieJar; person: Person; reply: Response }> {
  const { person } = await api.register();
  const jar = new CookieJar(api);
  const reply = await jar.signIn(person, wish);
  if (reply.status !== 200) throw new Error(`the sign-in was answered ${reply.status}: ${reply.text}`);
  return { jar, person, reply };
}

/** The lines; throws if they break the grammar, or if a cache might keep the reply. */
function proper(reply: Response): string[] {
  const lines = setCookiesOf(reply);
  lines.forEach(parseSetCookie);
  if (lines.length > 0 && reply.headers['cache-control'] !== 'no-store')
    throw new Error('a reply that sets cookies may be cached');
  return lines;
}

/** Those of the session; the id of the browser is no part of it. */
export function cookiesOf(reply: Response): SetCookie[] {
  return setCookiesOf(reply)
    .map(parseSetCookie)
    .filter(({ name }) => !/^(?:__Host-)?did$/.test(name));
}

export function setCookiesOf(reply: Response): string[] {
  return (reply.headers['set-cookie'] as string[] | undefined) ?? [];
}

interface SetCookie {
  readonly name: string;
  readonly value: string;
  /** Attributes in lower case; true for those without a value. */
  readonly attributes: Readonly<Record<string, string | true>>;
}

/** Throws for a line that strays from the grammar for servers (RFC 6265bis §4.1.1). */
export function parseSetCookie(line: string): SetCookie {
  const [pair = '', ...rest] = line.split('; ');
  const [, name, value] =
    /^([!#$%&'*+.^_`|~\w-]+)=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)$/.exec(pair) ?? [];
  if (name === undefined || value === undefined) throw new Error(`not a cookie pair: ${pair}`);
  const attributes = rest.map((text): [string, string | true] => {
    const [, key, of] = /^([A-Za-z-]+)(?:=([\x20-\x3a\x3c-\x7e]+))?$/.exec(text) ?? [];
    if (key === undefined) throw new Error(`not a cookie attribute: ${text}`);
    return [key.toLowerCase(), of ?? true];
  });
  const names = attributes.map(([key]) => key);
  if (new Set(names).size < names.length) throw new Error(`an attribute is repeated: ${line}`);
  return { name, value, attributes: Object.fromEntries(attributes) };
}
