import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { RedisProcess } from './redis-process.js';
import { testServers } from './test-servers.js';
import { eventually } from './wait-until.js';

export interface WatchedPrimary {
  readonly name: string;
  readonly port: number;
  /** Sentinels that must agree that the primary is down; 1 unless told. */
  readonly quorum?: number;
  /** Milliseconds of silence that count as down; 1,000 unless told. */
  readonly downAfterMs?: number;
}

/**
 * One Sentinel process. Several that watch the same primaries find each other within some 2 s. A failover takes
 * about `downAfterMs` and 1 to 2 s more, and needs a replica that was online before.
 */
export function startSentinel(options: {
  readonly masters: readonly WatchedPrimary[];
  readonly port?: number;
}): Promise<RedisProcess> {
  const lines = options.masters.flatMap(({ name, port, quorum = 1, downAfterMs = 1_000 }) => [
    `sentinel monitor ${name} 127.0.0.1 ${port} ${quorum}`,
    `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
    `sentinel failover-timeout ${name} 5000`,
  ]);
  return RedisProcess.start({
    port: options.port,
    configFile: `${lines.join('\n')}\n`,
    args: ['--sentinel'],
  });
}

export interface RedisCluster {
  readonly nodes: readonly RedisProcess[];
  stop(): Promise<void>;
}

/**
 * Three primaries that share the slots, without replicas; takes 1 to 2 s. A node counts as failed after 2 s of
 * silence, and then the cluster refuses all commands.
 */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all([startNode(), startNode(), startNode()]);
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    const addresses = nodes.map((node) => `127.0.0.1:${node.port}`);
    const cli = join(dirname(testServers.redisServer), 'redis-cli');
    await promisify(execFile)(cli, ['--cluster', 'create', ...addresses, '--cluster-yes']);
    await eventually(async () => (await Promise.all(nodes.map(isServing))).every(Boolean), {
      timeoutMs: 10_000,
      describe: 'every node sees the whole cluster',
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, stop };
}

async function startNode(): Promise<RedisProcess> {
  // The bus port is chosen too: its default, the port plus 10,000, may be in use.
  const bus = ['--cluster-port', String(await freePort())];
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  return RedisProcess.start({ args: [...cluster, ...bus] });
}

async function isServing(node: RedisProcess): Promise<boolean> {
  return String(await node.command('CLUSTER', 'INFO')).includes('cluster_state:ok');
}
