import createClient, {
  type Client,
  type ClientPathsWithMethod,
  type MaybeOptionalInit,
  type MethodResponse,
} from 'openapi-fetch';
import { AuthorizedFetch } from './authorized-fetch.js';
import { asProblem, errorOf, RollcallError, SessionOverError, UnreachableError } from './rollcall-error.js';
import type { components, paths } from './schema.generated.js';
import { SessionEnds } from './session-ends.js';
import { TokenRefresh } from './token-refresh.js';
import type { TokenStore } from './token-store.js';
import { tokensIn } from './tokens-in-reply.js';

type Api = Client<paths>;
type Method = 'get' | 'post' | 'put' | 'delete';
type Schemas = components['schemas'];

/** What `{ success: true, data }` holds; of replies without this envelope (OAuth, discovery, pictures) the whole body. */
type Opened<Body> = Body extends { success: true; data: infer Data } ? Data : Body;

export interface Answer<Data> {
  readonly data: Data;
  /** For its headers: `Link` of a page, `X-Cache`, `X-Authority-Mode`. Its body has been read. */
  readonly response: Response;
}

/** A route of the API, typed by its description. Throws RollcallError and nothing else, but for an abort of the caller. */
export type Call<M extends Method> = <
  Path extends ClientPathsWithMethod<Api, M>,
  Init extends MaybeOptionalInit<paths[Path], M>,
>(
  path: Path,
  ...init: undefined extends MaybeOptionalInit<paths[Path], M> ? [init?: Init] : [init: Init]
) => Promise<Answer<Opened<MethodResponse<Api, M, Path, Init>>>>;

export interface RollcallClientOptions {
  /** `https://id.example.com`. Over plain HTTP anybody on the way reads the tokens: for this machine only. */
  readonly baseUrl: string;
  readonly tokens: TokenStore;
  /** Instead of the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** How long before its end an access token is replaced; 30 unless told. */
  readonly refreshBeforeSeconds?: number;
  /** Called once for each session that is found to be over, with the store cleared, before the request throws. */
  readonly onSessionOver?: (error: SessionOverError) => void;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}

export interface RollcallClient {
  readonly GET: Call<'get'>;
  readonly POST: Call<'post'>;
  readonly PUT: Call<'put'>;
  readonly DELETE: Call<'delete'>;
  signIn(body: Schemas['SignInRequest']): Promise<Schemas['SignedIn']>;
  register(body: Schemas['RegisterRequest']): Promise<Schemas['SignedIn']>;
  /**
   * Ends the session and clears the store; done also if the session was over already. `pending` means durable, but not
   * proven on every instance yet. When it throws, the session lives and the store is as it was.
   */
  signOut(): Promise<'complete' | 'pending'>;
  /** Exchanges the tokens now, whatever their age; parallel calls share one exchange. */
  refresh(): Promise<void>;
}

/**
 * A client for apps that hold tokens. Every reply that has tokens (signing in, stepping up, a new password) puts them
 * into the store; they are refreshed shortly before they die, or when they are refused, once for all requests that wait.
 */
export function createRollcallClient(options: RollcallClientOptions): RollcallClient {
  const session = new ClientSession(options);
  const call = (method: Method) => (path: string, init?: object) => session.request(method, path, init);
  return {
    GET: call('get'),
    POST: call('post'),
    PUT: call('put'),
    DELETE: call('delete'),
    signIn: (body) => session.open('/api/v1/auth/signin', body),
    register: (body) => session.open('/api/v1/auth/register', body),
    signOut: () => session.signOut(),
    refresh: () => session.refreshNow(),
  } as RollcallClient;
}

/** What the calls of one client have in common; types are given to them above. */
class ClientSession {
  private readonly http: Api;
  private readonly refresh: TokenRefresh;
  private readonly store: TokenStore;
  private readonly now: () => number;

  constructor(options: RollcallClientOptions) {
    const { tokens: store, now = Date.now, refreshBeforeSeconds = 30 } = options;
    const baseUrl = options.baseUrl.replace(/\/+$/, '');
    // Asked for at each request, so that whoever replaces the global one is heard.
    const send = options.fetch ?? ((request: Request) => fetch(request));
    this.store = store;
    this.now = now;
    const ends = new SessionEnds(store, options.onSessionOver);
    this.refresh = new TokenRefresh({ baseUrl, fetch: send, store, ends, now, sleep });
    const authorized = new AuthorizedFetch({
      origin: new URL(baseUrl).origin,
      fetch: send,
      store,
      ends,
      refresh: this.refresh,
      now,
      refreshBeforeMs: refreshBeforeSeconds * 1_000,
    });
    const asked = (request: Request) => authorized.fetch(request);
    this.http = createClient<paths>({ baseUrl, fetch: asked, credentials: 'omit', redirect: 'error' });
  }

  /** The tokens come in the body, and no cookie is asked for. */
  async open(path: string, body: object): Promise<unknown> {
    const { data } = await this.request('post', path, { body: { transport: 'bearer', ...body } });
    return data;
  }

  async signOut(): Promise<'complete' | 'pending'> {
    if ((await this.store.get()) === null) return 'complete';
    try {
      const { data } = await this.request('post', '/api/v1/auth/signout');
      await this.store.clear();
      return (data as Schemas['SignedOut']).propagation;
    } catch (error) {
      if (error instanceof SessionOverError) return 'complete';
      throw error;
    }
  }

  async refreshNow(): Promise<void> {
    await this.refresh.now();
  }

  async request(method: Method, path: string, init?: object): Promise<Answer<unknown>> {
    const askedAt = this.now();
    const { data, error, response } = await readable(
      this.http.request(method, path as never, init as never),
      init,
    );
    if (!response.ok && response.status !== 304) throw errorOf(response, asProblem(error));
    const opened = openedBody(data);
    const tokens = tokensIn(opened, askedAt);
    if (tokens) await this.store.set(tokens);
    return { data: opened, response };
  }
}

/** A reply that breaks off, or is no JSON because a proxy or the sign-in page of some network has written it. */
async function readable<T>(answer: Promise<T>, init: { readonly signal?: AbortSignal } = {}): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof RollcallError || init.signal?.aborted) throw cause;
    throw new UnreachableError('The answer is not of Rollcall', { cause });
  }
}

function openedBody(body: unknown): unknown {
  const isEnvelope = typeof body === 'object' && body !== null && 'success' in body && 'data' in body;
  return isEnvelope ? body.data : body;
}

function sleep(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
