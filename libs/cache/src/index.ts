export { type Cached, type CacheSettings, ReadThroughCache } from './application/read-through-cache.js';
export { CacheStore, NoCacheStore } from './domain/cache-store.js';
export { RedisCacheStore } from './infrastructure/redis/redis-cache-store.js';
export { SealedCacheStore } from './infrastructure/sealed-cache-store.js';
