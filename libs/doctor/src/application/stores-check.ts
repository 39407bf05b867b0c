import { Clock, StoreUnavailableError } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { FindingId } from '../domain/catalogue.js';
import { DiskExam } from '../domain/disk-exam.js';
import { type Found, some } from '../domain/found.js';
import { InstallationExam } from '../domain/installation-exam.js';
import { RedisExam, type RedisReport } from '../domain/redis-exam.js';

const maxSkewMs = 2_000;
const maxLagSeconds = 10;
const maxLagBytes = 10 * 1024 * 1024;
const oldestRedis = 7;
const lowDiskBytes = 512 * 1024 * 1024;

/** Whether PostgreSQL, Redis and the disk are as they should be. */
@Injectable()
export class StoresCheck {
  constructor(
    private readonly installation: InstallationExam,
    private readonly redis: RedisExam,
    private readonly folders: DiskExam,
    private readonly clock: Clock,
  ) {}

  /** Every look by itself: one that may not be taken hides no other. */
  async postgres(): Promise<Found[]> {
    const exam = this.installation;
    const looks: Readonly<Record<string, () => Promise<Found[]>>> = {
      clock: () => this.postgresClock(),
      standbys: () => this.standbys(),
      indexes: async () => some('postgres.invalid_index', await exam.invalidIndexes()),
      'dead rows': async () => some('postgres.dead_rows', await exam.tablesOfDeadRows()),
      transactions: async () =>
        above('postgres.old_transactions', await exam.usedTransactionShare(), 0.6, 'of all transaction ids'),
      connections: async () =>
        above(
          'postgres.connections_near_limit',
          await exam.usedConnectionShare(),
          0.85,
          'of max_connections',
        ),
    };
    const found: Found[] = [];
    // One after the other, on one connection.
    for (const [name, look] of Object.entries(looks)) {
      try {
        found.push(...(await look()));
      } catch (error) {
        const isAway = error instanceof StoreUnavailableError && !(error.cause instanceof Error);
        if (isAway) throw error;
        found.push(['postgres.slow_check', name]);
      }
    }
    return found;
  }

  /** That it does not answer is a finding itself. */
  async redisServers(): Promise<Found[]> {
    if (!this.redis.isConfigured) return [];
    try {
      return (await this.redis.report()).flatMap(foundIn);
    } catch (error) {
      const { message, cause } = error as Error;
      return [['redis.unreachable', cause instanceof Error ? cause.message : message]];
    }
  }

  /** `folder`: of the embedded database. */
  async disk(folder: string): Promise<Found[]> {
    const free = await this.folders.freeBytes(folder);
    return free < lowDiskBytes ? [['disk.low', `${Math.round(free / 1024 / 1024)} MiB are free`]] : [];
  }

  private async postgresClock(): Promise<Found[]> {
    const before = this.clock.now().getTime();
    const theirs = (await this.installation.now()).getTime();
    return skewed('postgres.clock_skew', theirs - (before + this.clock.now().getTime()) / 2);
  }

  private async standbys(): Promise<Found[]> {
    const standbys = await this.installation.standbys();
    const late = standbys.filter(({ lagSeconds }) => (lagSeconds ?? 0) > maxLagSeconds);
    const isSafe = standbys.length === 0 || standbys.some(({ isSynchronous }) => isSynchronous);
    const names = (of: typeof standbys): string[] => of.map(({ name }) => name);
    return [
      ...some('postgres.replica_lag', names(late)),
      ...(isSafe ? [] : some('postgres.asynchronous_replication', names(standbys))),
    ];
  }
}

function foundIn(server: RedisReport): Found[] {
  const behind = server.replicaLags.filter((lag) => lag > maxLagBytes);
  const isOld = Number.parseInt(server.version, 10) < oldestRedis;
  return [
    ...(isOld ? [['redis.too_old', server.version] as const] : []),
    ...(server.isPrimary ? [] : [['redis.is_replica', 'role:slave'] as const]),
    ...(server.policy.startsWith('allkeys-') ? [['redis.evicts', server.policy] as const] : []),
    ...above('redis.memory_near_limit', server.usedShare, 0.9, 'of maxmemory'),
    ...(server.isPersistent === false ? [['redis.not_persistent', 'no AOF, no save points'] as const] : []),
    ...skewed('redis.clock_skew', server.skewMs),
    ...(behind.length > 0 ? [['redis.replica_lag', `${behind.length} replicas`] as const] : []),
  ];
}

function skewed(id: FindingId, skewMs: number): Found[] {
  if (Math.abs(skewMs) <= maxSkewMs) return [];
  return [[id, `${(Math.abs(skewMs) / 1_000).toFixed(1)} s ${skewMs > 0 ? 'ahead' : 'behind'}`]];
}

function above(id: FindingId, share: number, limit: number, of: string): Found[] {
  return share > limit ? [[id, `${Math.round(share * 100)} % ${of}`]] : [];
}
