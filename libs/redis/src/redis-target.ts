import type { RedisConfig } from '@app/config';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { withPatience } from './patience.js';

/** Milliseconds. A cache that answers later than this is slower than the database behind it. */
const commandTimeoutMs = 100;
const connectTimeoutMs = 250;
const maxReconnectPauseMs = 250;

/** Standalone, watched by Sentinel, or a cluster; what differs is only how the server is found. */
export type RedisClient = Redis | Cluster;

/**
 * Nothing is queued while Redis is away and no command is sent twice: a command that timed out may still run.
 */
function sharedOptions(config: RedisConfig): RedisOptions {
  return {
    lazyConnect: true,
    username: config.username,
    password: config.password,
    tls: config.tls ? {} : undefined,
    connectionName: 'rollcall',
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    // Closing a connection that is gone already would otherwise keep the process for two seconds.
    disconnectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // After a failover the old address answers READONLY; only a new connection finds the new primary.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
  };
}

/** Full jitter would sometimes wait for nothing; a few milliseconds keep a fleet from calling in step. */
function pause(attempt: number): number {
  return Math.min(20 * 2 ** attempt, maxReconnectPauseMs) + (process.pid % 20);
}

/**
 * `redis://`, `rediss://`, `redis-sentinel://host:26379,host:26379/name` or `redis-cluster://host:6379,host:6379`.
 * The client is not connected yet and reports errors by its `error` event only.
 */
export function createClient(config: RedisConfig): RedisClient {
  const { scheme, hosts, name } = parseTarget(config.url);
  const options = { ...sharedOptions(config), db: config.db };
  switch (scheme) {
    case 'redis-sentinel':
      return withPatience(
        new Redis({
          ...options,
          sentinels: hosts,
          name,
          retryStrategy: pause,
          sentinelRetryStrategy: pause,
        }),
      );
    case 'redis-cluster':
      return new Cluster(hosts, {
        lazyConnect: true,
        enableOfflineQueue: false,
        clusterRetryStrategy: pause,
        slotsRefreshTimeout: connectTimeoutMs,
        maxRedirections: 3,
        redisOptions: sharedOptions(config),
      }).on('+node', (node: Redis) => withPatience(node));
    default:
      return withPatience(new Redis(config.url, { ...options, retryStrategy: pause }));
  }
}

interface Target {
  readonly scheme: string;
  readonly hosts: { host: string; port: number }[];
  readonly name: string;
}

/** The URL class knows one host; these forms list several. */
function parseTarget(url: string): Target {
  const [, scheme = '', list = '', name = ''] = /^([a-z-]+):\/\/([^/?]*)\/?([^?]*)/.exec(url) ?? [];
  const defaultPort = scheme === 'redis-sentinel' ? 26_379 : 6379;
  const hosts = list.split(',').map((entry) => {
    const [host = '', port] = entry.split('@').at(-1)!.split(':');
    return { host, port: port ? Number(port) : defaultPort };
  });
  return { scheme, hosts, name: name || 'mymaster' };
}
