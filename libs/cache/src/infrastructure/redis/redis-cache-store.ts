import { RedisConnection } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { CacheStore } from '../../domain/cache-store.js';

@Injectable()
export class RedisCacheStore extends CacheStore {
  constructor(private readonly redis: RedisConnection) {
    super();
  }

  /** MGET reads a key of another type as absent; GET would fail. */
  async get(key: string): Promise<string | null> {
    const [text] = await this.redis.run((client) => client.mget(key));
    return text ?? null;
  }

  async set(key: string, text: string, lifeMs: number): Promise<void> {
    await this.redis.run((client) => client.set(key, text, 'PX', lifeMs));
  }

  async delete(key: string): Promise<void> {
    await this.redis.run((client) => client.del(key));
  }
}
