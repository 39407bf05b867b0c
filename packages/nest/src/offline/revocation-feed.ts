import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type Authority, AuthorityError } from '../authority.js';
import type { VerifiedToken } from '../principal.js';
import type { PublishedKeys } from '../published-keys.js';
import type { Settings } from '../rollcall.options.js';
import { type Revocation, RevocationList } from './revocation-list.js';

interface Page {
  readonly revocations: readonly Revocation[];
  readonly next: string;
  readonly has_more: boolean;
}

export interface FeedStatus {
  readonly state: 'starting' | 'fresh' | 'stale';
  /** Since when everything is known; null before the first time. */
  readonly ageSeconds: number | null;
  readonly entries: number;
}

const pageSize = 1_000;

/** Beyond what a reply may be held back for. */
const graceMs = 3_000;

/** Milliseconds between tries: doubling, up to the longest. */
const firstDelayMs = 250;
const longestDelayMs = 5_000;

/** However long the server, or a proxy, asks to be left alone. */
const longestAskedMs = 30_000;

/**
 * Follows `GET /api/v1/revocations` in long polls, each of which begins behind the last entry that was read, on whatever
 * instance. An answer proves what was known when its request began, so a connection that hangs makes the feed stale, too.
 */
export class RevocationFeed implements OnModuleInit, OnApplicationShutdown {
  private readonly list = new RevocationList();
  private readonly log = new Logger('Rollcall');
  private readonly end = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private cursor: string | null = null;
  private knownAt: number | null = null;
  private failures = 0;

  constructor(
    private readonly authority: Authority,
    private readonly keys: PublishedKeys,
    private readonly settings: Pick<Settings, 'mode' | 'monotonicMs' | 'staleAfterMs'>,
  ) {}

  onModuleInit(): void {
    if (this.settings.mode === 'offline') this.running = this.follow();
  }

  async onApplicationShutdown(): Promise<void> {
    this.end.abort();
    await this.running;
  }

  /** For health checks. */
  get status(): FeedStatus {
    const age = this.knownAt === null ? null : this.settings.monotonicMs() - this.knownAt;
    const isFresh = age !== null && age <= this.settings.staleAfterMs;
    const state = age === null ? 'starting' : isFresh ? 'fresh' : 'stale';
    return { state, ageSeconds: age === null ? null : age / 1_000, entries: this.list.size };
  }

  /** Why a token is dead; null if nothing is known against it, which is worth something while the feed is fresh. */
  about(token: VerifiedToken): Revocation | 'key' | null {
    return this.list.about(token);
  }

  private async follow(): Promise<void> {
    while (!this.end.signal.aborted) {
      try {
        await this.step();
        this.recover();
      } catch (error) {
        if (!this.end.signal.aborted) await this.pause(error);
      }
    }
  }

  private async step(): Promise<void> {
    const startedAt = this.settings.monotonicMs();
    const waitSeconds = this.cursor === null || this.knownAt === null ? 0 : this.waitSeconds;
    const page = await this.page(waitSeconds);
    const now = this.settings.monotonicMs();
    for (const revocation of page.revocations) this.list.add(revocation, now);
    this.list.prune(now);
    if (page.revocations.some(({ kind }) => kind === 'key')) this.keys.load().catch(() => undefined);
    this.cursor = page.next;
    if (!page.has_more) this.knownAt = startedAt;
  }

  /** Twice this, the most that may lie between two answers, stays well below the age that counts as stale. */
  private get waitSeconds(): number {
    return Math.min(25, Math.max(1, Math.floor(this.settings.staleAfterMs / 3_000)));
  }

  private async page(waitSeconds: number): Promise<Page> {
    const query = new URLSearchParams({ limit: String(pageSize), wait: String(waitSeconds) });
    if (this.cursor !== null) query.set('after', this.cursor);
    const timeoutMs = waitSeconds * 1_000 + graceMs;
    const path = `/api/v1/revocations?${query.toString()}`;
    const page = (await this.authority.ask(path, { timeoutMs, signal: this.end.signal })) as Partial<Page>;
    if (!Array.isArray(page.revocations) || typeof page.next !== 'string')
      throw new AuthorityError('The answer is no page of revocations', 0, null);
    return page as Page;
  }

  private recover(): void {
    if (this.failures > 0) this.log.log('The feed of revocations is followed again');
    this.failures = 0;
  }

  private async pause(error: unknown): Promise<void> {
    const { status = 0, retryAfterSeconds = null } = error instanceof AuthorityError ? error : {};
    if (status === 410 && this.cursor !== null) return this.beginAnew();
    this.failures += 1;
    if (this.failures === 1) this.log.warn(`The feed of revocations is interrupted: ${String(error)}`);
    const delayMs = Math.min(firstDelayMs * 2 ** (this.failures - 1), longestDelayMs);
    const askedMs = Math.min((retryAfterSeconds ?? 0) * 1_000, longestAskedMs);
    await this.sleep(Math.max(delayMs, askedMs));
  }

  /** What is known stays true. A withdrawal may have been missed, so the keys are read again, too. */
  private async beginAnew(): Promise<void> {
    this.log.warn('The feed of revocations begins anew: its cursor leads nowhere');
    this.cursor = null;
    await this.keys.load().catch(() => undefined);
    // Behind a balancer over two databases each cursor may lead nowhere; that must not become a flood.
    await this.sleep(firstDelayMs);
  }

  private sleep(ms: number): Promise<void> {
    const { signal } = this.end;
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }
}
