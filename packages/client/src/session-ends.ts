import type { SessionOverError } from './rollcall-error.js';
import type { Tokens, TokenStore } from './token-store.js';

/** Clears the store when a session is found to be over, and tells of it once, however many requests have found it. */
export class SessionEnds {
  private lastEnded: string | null = null;

  constructor(
    private readonly store: TokenStore,
    private readonly tell: ((error: SessionOverError) => void) | undefined,
  ) {}

  /** Tokens that somebody else has put there meanwhile stay. Returns the error. */
  async settle(error: SessionOverError, { refreshToken }: Tokens): Promise<SessionOverError> {
    const current = await this.store.get();
    if (current?.refreshToken !== refreshToken || this.lastEnded === refreshToken) return error;
    this.lastEnded = refreshToken;
    await this.store.clear();
    this.tell?.(error);
    return error;
  }
}
