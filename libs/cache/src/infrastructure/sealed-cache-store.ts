import { createHmac, timingSafeEqual } from 'node:crypto';
import { CacheStore } from '../domain/cache-store.js';

const macLength = 43;

/**
 * Puts a MAC (HMAC-SHA-256 over key and text) before every text: who can write to the store can take values away, not
 * make them up or move them to another key. What does not check out is absent.
 */
export class SealedCacheStore extends CacheStore {
  constructor(
    private readonly store: CacheStore,
    private readonly key: Buffer,
  ) {
    super();
  }

  async get(key: string): Promise<string | null> {
    const sealed = await this.store.get(key);
    if (sealed === null) return null;
    const [mac, text] = [sealed.slice(0, macLength), sealed.slice(macLength)];
    const [given, expected] = [Buffer.from(mac), Buffer.from(this.mac(key, text))];
    return given.length === expected.length && timingSafeEqual(given, expected) ? text : null;
  }

  set(key: string, text: string, lifeMs: number): Promise<void> {
    return this.store.set(key, this.mac(key, text) + text, lifeMs);
  }

  delete(key: string): Promise<void> {
    return this.store.delete(key);
  }

  private mac(key: string, text: string): string {
    return createHmac('sha256', this.key).update(`${key}\n${text}`).digest('base64url');
  }
}
