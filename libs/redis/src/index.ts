export { RedisConnection, type RedisProbe } from './redis-connection.js';
export { RedisModule } from './redis.module.js';
export type { RedisClient } from './redis-target.js';
