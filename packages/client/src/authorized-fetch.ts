import {
  problemOf,
  type RollcallError,
  SessionOverError,
  sessionOver,
  UnreachableError,
} from './rollcall-error.js';
import type { SessionEnds } from './session-ends.js';
import type { TokenRefresh } from './token-refresh.js';
import type { Tokens, TokenStore } from './token-store.js';

export interface FetchParts {
  /** Only requests to it get the token. */
  readonly origin: string;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly store: TokenStore;
  readonly ends: SessionEnds;
  readonly refresh: TokenRefresh;
  /** Milliseconds. */
  readonly now: () => number;
  readonly refreshBeforeMs: number;
}

/** Another token of the same session may be good. */
const refreshable = new Set(['TOKEN_EXPIRED', 'TOKEN_REVOKED', 'TOKEN_INVALID']);

/** No token of this session will ever be good. */
const over = new Set(['SESSION_ENDED', 'SESSION_EXPIRED']);

interface Credential {
  readonly tokens: Tokens | null;
  /** Why there are none, though there were. */
  readonly lost?: SessionOverError;
}

/** Sends requests with the token of the store; refreshes shortly before it dies, and once when it is refused. */
export class AuthorizedFetch {
  constructor(private readonly parts: FetchParts) {}

  /** Throws SessionOverError, UnreachableError, and what a refresh throws. Every other reply is handed on. */
  async fetch(request: Request): Promise<Response> {
    const isOurs = new URL(request.url).origin === this.parts.origin;
    if (!isOurs || request.headers.has('authorization')) return this.send(request, null);
    const spare = request.clone();
    const { tokens, lost } = await this.credential();
    const reply = await this.send(request, tokens);
    if (reply.status !== 401) return reply;
    if (lost) throw lost;
    const next = tokens && (await this.tokensAfter(reply, tokens));
    if (next === null) return reply;
    const second = await this.send(spare, next);
    if (second.status === 401) await this.assertNotOver(second, next);
    return second;
  }

  /** A refresh that fails for now stops nobody: the old token may do, and the answer tells. */
  private async credential(): Promise<Credential> {
    const { store, refresh, now, refreshBeforeMs } = this.parts;
    const tokens = await store.get();
    if (tokens === null || tokens.expiresAt - now() > refreshBeforeMs) return { tokens };
    try {
      return { tokens: await refresh.after(tokens) };
    } catch (error) {
      return error instanceof SessionOverError ? { tokens: null, lost: error } : { tokens };
    }
  }

  /** What to try a refused request with once more; null if its reply stands. */
  private async tokensAfter(reply: Response, used: Tokens): Promise<Tokens | null> {
    const code = (await problemOf(reply))?.code ?? '';
    if (refreshable.has(code)) return this.parts.refresh.after(used);
    if (!over.has(code)) return null;
    const current = await this.parts.store.get();
    // Replaced while the request was under way, by a step-up or another sign-in.
    if (current !== null && current.accessToken !== used.accessToken) return current;
    await this.assertNotOver(reply, used);
    return null;
  }

  private async assertNotOver(reply: Response, used: Tokens): Promise<void> {
    const problem = await problemOf(reply);
    if (problem === null || !over.has(problem.code)) return;
    throw await this.parts.ends.settle(sessionOver(reply, problem), used);
  }

  private async send(request: Request, tokens: Tokens | null): Promise<Response> {
    if (tokens !== null) request.headers.set('authorization', `Bearer ${tokens.accessToken}`);
    try {
      return await this.parts.fetch(request);
    } catch (cause) {
      throw request.signal.aborted ? cause : unreachable(cause);
    }
  }
}

function unreachable(cause: unknown): RollcallError {
  return new UnreachableError('Rollcall could not be reached', { cause });
}
