import {
  errorOf,
  problemOf,
  RollcallError,
  SessionOverError,
  sessionOver,
  UnreachableError,
} from './rollcall-error.js';
import type { SessionEnds } from './session-ends.js';
import { tokensIn } from './tokens-in-reply.js';
import type { Tokens, TokenStore } from './token-store.js';

export interface RefreshParts {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly store: TokenStore;
  readonly ends: SessionEnds;
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Milliseconds before each try. A refresh whose reply was lost must be repeated within the server's grace of 10 s, or
 * its token counts as stolen, so this does not wait for the next request.
 */
const delaysMs = [0, 500, 1_500];

/** Of one try. */
const timeoutMs = 2_500;

/** Refusals of a refresh that say that the session was checked and is over. */
const over = new Set(['SESSION_ENDED', 'SESSION_EXPIRED', 'REFRESH_REUSED', 'TOKEN_INVALID']);

/** Exchanges the tokens of the store, once at a time: whoever comes meanwhile gets the result of the same exchange. */
export class TokenRefresh {
  private running: Promise<Tokens> | null = null;
  /** What the server said when it asked to be left alone for a while. */
  private pause: { readonly until: number; readonly error: RollcallError } | null = null;

  constructor(private readonly parts: RefreshParts) {}

  /**
   * Tokens that are younger than `spent`. Throws SessionOverError, with the store cleared; RollcallError and
   * UnreachableError when it could not be found out, with the store as it was.
   */
  after(spent: Tokens): Promise<Tokens> {
    this.running ??= this.run(spent).finally(() => {
      this.running = null;
    });
    return this.running;
  }

  /** Tokens that are younger than those of the store. */
  async now(): Promise<Tokens> {
    const held = await this.parts.store.get();
    if (held === null) throw signedOut();
    return this.after(held);
  }

  private async run(spent: Tokens): Promise<Tokens> {
    const { store, now } = this.parts;
    const held = await store.get();
    if (held === null) throw signedOut();
    if (held.accessToken !== spent.accessToken) return held;
    if (this.pause && now() < this.pause.until) throw this.pause.error;
    const fresh = await this.exchange(held);
    // Signing out, or another sign-in, while the exchange was under way: its result is nobody's any more.
    const current = await store.get();
    if (current?.refreshToken === held.refreshToken) await store.set(fresh);
    else if (current === null) throw signedOut();
    else return current;
    return fresh;
  }

  private async exchange(held: Tokens): Promise<Tokens> {
    let failure: RollcallError | null = null;
    for (const delayMs of delaysMs) {
      const askedMs = (failure?.retryAfterSeconds ?? 0) * 1_000;
      if (askedMs > Math.max(...delaysMs)) break;
      await this.parts.sleep(Math.max(delayMs, askedMs));
      try {
        return await this.ask(held);
      } catch (error) {
        if (!(error instanceof RollcallError) || !isPassing(error)) throw error;
        failure = error;
      }
    }
    const error = failure ?? new UnreachableError('The tokens could not be refreshed');
    if (error.retryAfterSeconds !== null)
      this.pause = { until: this.parts.now() + error.retryAfterSeconds * 1_000, error };
    throw error;
  }

  private async ask(held: Tokens): Promise<Tokens> {
    const startedAt = this.parts.now();
    const reply = await this.send(held.refreshToken);
    if (!reply.ok) throw await this.refusalOf(reply, held);
    const body: unknown = await reply.json().catch(() => null);
    const tokens = tokensIn((body as { data?: unknown } | null)?.data, startedAt);
    if (tokens === null) throw new UnreachableError('What answered the refresh is not Rollcall');
    return tokens;
  }

  private async send(refreshToken: string): Promise<Response> {
    const { baseUrl, fetch } = this.parts;
    const request = new Request(`${baseUrl}/api/v1/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ refresh_token: refreshToken }),
      credentials: 'omit',
      // The token must not follow to another host.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    try {
      return await fetch(request);
    } catch (cause) {
      throw new UnreachableError('The tokens could not be refreshed', { cause });
    }
  }

  private async refusalOf(reply: Response, held: Tokens): Promise<RollcallError> {
    const problem = await problemOf(reply);
    if (problem === null || reply.status !== 401 || !over.has(problem.code)) return errorOf(reply, problem);
    return this.parts.ends.settle(sessionOver(reply, problem), held);
  }
}

function isPassing({ status }: RollcallError): boolean {
  return status === 0 || status === 429 || status >= 500;
}

function signedOut(): SessionOverError {
  return new SessionOverError({ code: 'UNAUTHENTICATED', message: 'Nobody is signed in.', status: 401 });
}
