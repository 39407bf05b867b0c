/** Where cached texts live. All methods reject with StoreUnavailableError when the store is away. */
export abstract class CacheStore {
  /** Null for a key that is absent or of another type. */
  abstract get(key: string): Promise<string | null>;
  abstract set(key: string, text: string, lifeMs: number): Promise<void>;
  abstract delete(key: string): Promise<void>;
}

/** Remembers nothing: running without Redis and surviving its loss are the same. */
export class NoCacheStore extends CacheStore {
  async get(): Promise<null> {
    return null;
  }

  async set(): Promise<void> {
    // Nothing is kept.
  }

  async delete(): Promise<void> {
    // Nothing is there.
  }
}
