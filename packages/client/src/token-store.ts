/** What a session gives to an app that holds tokens. Both are secrets. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** When the access token dies, in milliseconds of this machine's clock. */
  readonly expiresAt: number;
}

/**
 * Where tokens are kept between requests. May be shared by several clients, also of several processes: each looks before
 * it refreshes whether another one was faster.
 *
 * What a script of a page can read, a foreign script in that page can steal: pages of one's own site should use cookies
 * (`transport: "cookie"`) and no store at all.
 */
export interface TokenStore {
  get(): Tokens | null | Promise<Tokens | null>;
  /** Must be durable when it resolves: the tokens before are spent. */
  set(tokens: Tokens): void | Promise<void>;
  /** Called when the session has been checked and is over, and after signing out. */
  clear(): void | Promise<void>;
}

/** As long as the process, or the page, lives. */
export class MemoryTokenStore implements TokenStore {
  private tokens: Tokens | null = null;

  get(): Tokens | null {
    return this.tokens;
  }

  set(tokens: Tokens): void {
    this.tokens = tokens;
  }

  clear(): void {
    this.tokens = null;
  }
}
