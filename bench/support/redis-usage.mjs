import { Redis } from 'ioredis';

/** What a Redis has done since it was started. */
export async function redisUsage(url) {
  const redis = new Redis(url);
  const stats = await redis.info();
  redis.disconnect();
  const of = (name) => Number(new RegExp(`${name}:([\\d.]+)`).exec(stats)?.[1]);
  return {
    commands: of('total_commands_processed'),
    cpuMicros: (of('used_cpu_sys') + of('used_cpu_user')) * 1e6,
    memory: of('used_memory'),
  };
}

export async function flush(url) {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}
