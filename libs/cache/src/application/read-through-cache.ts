import { SingleFlight } from '@app/kernel';
import type { z } from 'zod';
import type { CacheStore } from '../domain/cache-store.js';

export interface CacheSettings<T> {
  /** What a stored value must look like; versions that wrote another shape are misses. */
  readonly schema: z.ZodType<T>;
  readonly lifeMs: number;
  /** How long "there is none" is believed. */
  readonly absenceLifeMs: number;
}

export interface Cached<T> {
  readonly value: T | null;
  readonly result: 'hit' | 'miss';
}

/** Text that stands for "there is none"; no JSON value is written like this. */
const absent = '-';

/** Reads through a store that may be empty, stale or away. It never makes a caller fail who could have loaded. */
export class ReadThroughCache<T> {
  private readonly loads = new SingleFlight<T | null>();

  constructor(
    private readonly store: CacheStore,
    private readonly settings: CacheSettings<T>,
  ) {}

  /**
   * `load` returns null when there is no such value, and rejects when it cannot tell. A stored value that is not
   * `isCurrent` is a miss; it is asked after the last await before a hit is returned.
   */
  async get(
    key: string,
    load: () => Promise<T | null>,
    isCurrent: (value: T) => boolean = () => true,
  ): Promise<Cached<T>> {
    const stored = await this.stored(key);
    if (stored && (stored.value === null || isCurrent(stored.value))) return stored;
    const value = await this.loads.run(key, () => this.loadAndKeep(key, load));
    return { value, result: 'miss' };
  }

  /** After a change. If the store is away the old value stays until its life ends, or the next change. */
  async forget(key: string): Promise<void> {
    await this.store.delete(key).catch(() => undefined);
  }

  private async stored(key: string): Promise<Cached<T> | null> {
    const text = await this.store.get(key).catch(() => null);
    if (text === null) return null;
    if (text === absent) return { value: null, result: 'hit' };
    const parsed = this.settings.schema.safeParse(parseJson(text));
    return parsed.success ? { value: parsed.data, result: 'hit' } : null;
  }

  private async loadAndKeep(key: string, load: () => Promise<T | null>): Promise<T | null> {
    const value = await load();
    const { lifeMs, absenceLifeMs } = this.settings;
    const kept =
      value === null
        ? this.store.set(key, absent, absenceLifeMs)
        : this.store.set(key, JSON.stringify(value), lifeMs);
    // Nobody waits for the cache.
    kept.catch(() => undefined);
    return value;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Garbage is a miss.
    return undefined;
  }
}
