import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Authority } from './authority.js';
import type { Settings } from './rollcall.options.js';

/** Rollcall asks to keep its keys for five minutes; a key is published long before its first token. */
const freshMs = 5 * 60_000;

/** Between two looks for a key that nobody has published, so that made-up tokens cannot have Rollcall asked at will. */
const coolDownMs = 10_000;

const timeoutMs = 3_000;

/**
 * The keys that Rollcall publishes (RFC 7517). They are kept while it cannot be reached: a key that was withdrawn is told of
 * by the feed. Looked for anew when a token names an unknown one, as after a rotation.
 */
export class PublishedKeys {
  private keys: ReturnType<typeof createLocalJWKSet> | null = null;
  private loadedAt = Number.NEGATIVE_INFINITY;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private loading: Promise<void> | null = null;

  constructor(
    private readonly authority: Authority,
    private readonly settings: Pick<Settings, 'monotonicMs'>,
  ) {}

  /** Rejects with AuthorityError while no keys are known, and with what `jose` throws for a key that is not there. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const now = this.settings.monotonicMs();
    if (this.keys === null) await this.load();
    // For the next one: this token need not wait for it.
    else if (now - this.loadedAt >= freshMs && this.mayLook(now)) this.load().catch(() => undefined);
    try {
      return await this.keys!(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.mayLook(now)) throw error;
      await this.load();
      return this.keys!(header, token);
    }
  };

  /** Once for all who wait. */
  load(): Promise<void> {
    this.loading ??= this.fetch().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  private mayLook(now: number): boolean {
    return this.loading !== null || now - this.lookedAt >= coolDownMs;
  }

  private async fetch(): Promise<void> {
    const now = this.settings.monotonicMs();
    this.lookedAt = now;
    const set = await this.authority.ask('/.well-known/jwks.json', { timeoutMs, isPublic: true });
    this.keys = createLocalJWKSet(set as JSONWebKeySet);
    this.loadedAt = now;
  }
}
