export { RedisConnection, type RedisProbe } from './redis-connection.js';
export { RedisModule } from './redis.module.js';
export type { RedisClient } from './redis-target.js';
export { runScript, type Script } from './run-script.js';
export { Together } from './together.js';
