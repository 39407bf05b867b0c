import { StoreUnavailableError } from '@app/kernel';
import { FakeClock } from '@app/testing';
import type { InstallationExam } from '../domain/installation-exam.js';
import type { RedisExam, RedisReport } from '../domain/redis-exam.js';
import { StoresCheck } from './stores-check.js';

const clock = new FakeClock();
const mib = 1024 * 1024;

type Looks = Pick<
  InstallationExam,
  'invalidIndexes' | 'now' | 'standbys' | 'tablesOfDeadRows' | 'usedConnectionShare' | 'usedTransactionShare'
>;

/** Each as near to a finding as it may come. */
const soundPostgres: Looks = {
  now: async () => new Date(clock.now().getTime() + 2_000),
  standbys: async () => [
    { name: 'near', isSynchronous: true, lagSeconds: 10 },
    { name: 'far', isSynchronous: false, lagSeconds: null },
  ],
  invalidIndexes: async () => [],
  tablesOfDeadRows: async () => [],
  usedTransactionShare: async () => 0.6,
  usedConnectionShare: async () => 0.85,
};

const soundRedis: RedisReport = {
  version: '7.0.15',
  isPrimary: true,
  policy: 'volatile-ttl',
  usedShare: 0.9,
  isPersistent: null,
  skewMs: -2_000,
  replicaLags: [10 * mib],
};

interface Servers {
  readonly looks?: Partial<Looks>;
  readonly report?: () => Promise<RedisReport[]>;
  readonly freeBytes?: number;
}

function check({ looks, report = async () => [soundRedis], freeBytes = 512 * mib }: Servers): StoresCheck {
  const postgres = { ...soundPostgres, ...looks } as InstallationExam;
  const redis: RedisExam = { isConfigured: true, report };
  return new StoresCheck(postgres, redis, { freeBytes: async () => freeBytes }, clock);
}

const inTheBackground = { isSynchronous: false, lagSeconds: 1 };

describe(StoresCheck.name, () => {
  it('finds nothing wrong with servers that are well', async () => {
    expect(await check({}).postgres()).toEqual([]);
    expect(await check({}).redisServers()).toEqual([]);
    expect(await check({}).disk('/data')).toEqual([]);
  });

  it.each<[id: string, detail: string, looks: Partial<Looks>]>([
    ['postgres.clock_skew', '2.1 s behind', { now: async () => new Date(clock.now().getTime() - 2_100) }],
    [
      'postgres.replica_lag',
      'far',
      {
        standbys: async () => [
          { name: 'near', isSynchronous: true, lagSeconds: 0 },
          { name: 'far', isSynchronous: false, lagSeconds: 10.5 },
        ],
      },
    ],
    [
      'postgres.asynchronous_replication',
      'one, other',
      {
        standbys: async () => [
          { name: 'one', ...inTheBackground },
          { name: 'other', ...inTheBackground },
        ],
      },
    ],
    ['postgres.invalid_index', 'a, b', { invalidIndexes: async () => ['a', 'b'] }],
    ['postgres.dead_rows', 'sessions', { tablesOfDeadRows: async () => ['sessions'] }],
    ['postgres.old_transactions', '61 % of all transaction ids', { usedTransactionShare: async () => 0.61 }],
    ['postgres.connections_near_limit', '86 % of max_connections', { usedConnectionShare: async () => 0.86 }],
  ])('tells %s: %s', async (id, detail, looks) => {
    expect(await check({ looks }).postgres()).toEqual([[id, detail]]);
  });

  it('tells of a look that may not be taken, takes the others, and gives up where nobody answers', async () => {
    const refused = new StoreUnavailableError('postgres', new Error('permission denied'));
    const looks: Partial<Looks> = {
      standbys: () => Promise.reject(refused),
      invalidIndexes: async () => ['a'],
    };
    expect(await check({ looks }).postgres()).toEqual([
      ['postgres.slow_check', 'standbys'],
      ['postgres.invalid_index', 'a'],
    ]);
    const away = new StoreUnavailableError('postgres');
    await expect(check({ looks: { now: () => Promise.reject(away) } }).postgres()).rejects.toBe(away);
  });

  it.each<[id: string, detail: string, facts: Partial<RedisReport>]>([
    ['redis.too_old', '6.2.14', { version: '6.2.14' }],
    ['redis.is_replica', 'role:slave', { isPrimary: false }],
    ['redis.evicts', 'allkeys-lfu', { policy: 'allkeys-lfu' }],
    ['redis.memory_near_limit', '91 % of maxmemory', { usedShare: 0.91 }],
    ['redis.not_persistent', 'no AOF, no save points', { isPersistent: false }],
    ['redis.clock_skew', '2.5 s ahead', { skewMs: 2_500 }],
    ['redis.replica_lag', '2 replicas', { replicaLags: [0, 11 * mib, Number.POSITIVE_INFINITY] }],
  ])('tells %s: %s', async (id, detail, facts) => {
    const report = async (): Promise<RedisReport[]> => [soundRedis, { ...soundRedis, ...facts }];
    expect(await check({ report }).redisServers()).toEqual([[id, detail]]);
  });

  it('tells why Redis does not answer', async () => {
    const error = new StoreUnavailableError('redis', new Error('connect ECONNREFUSED'));
    const found = await check({ report: () => Promise.reject(error) }).redisServers();
    expect(found).toEqual([['redis.unreachable', 'connect ECONNREFUSED']]);
  });

  it('tells disk.low before the embedded database can write no more', async () => {
    expect(await check({ freeBytes: 511 * mib }).disk('/data')).toEqual([['disk.low', '511 MiB are free']]);
  });
});
