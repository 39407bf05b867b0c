import { type DomainEvent, DrizzleEventLog, PostgresLogReaders } from '@app/event-log';
import type { SessionId, UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { JobRuns, type Log, Metrics } from '@app/telemetry';
import { FakeClock, type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { AnalyticsReports } from '../src/application/analytics-reports.js';
import { CacheUsage } from '../src/application/cache-usage.js';
import { RollupKeeping } from '../src/application/rollup-keeping.js';
import { RollupRebuild } from '../src/application/rollup-rebuild.js';
import { RollupRetention } from '../src/application/rollup-retention.js';
import type { MetricName } from '../src/domain/metrics.js';
import { PostgresRollupSets } from '../src/infrastructure/postgres/postgres-rollup-sets.js';
import { PostgresRollups } from '../src/infrastructure/postgres/postgres-rollups.js';

const noon = new Date('2026-01-02T12:00:00Z');
const minute = 60_000;
const [ann, bob] = [
  '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10',
  '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d11',
] as UserId[] as [UserId, UserId];

const at = (minutes: number): Date => new Date(noon.getTime() + minutes * minute);
const device = { browser: 'Firefox', os: 'Linux', kind: 'desktop' };

const begin = (userId: UserId, minutes: number, payload: object = {}): DomainEvent => ({
  type: 'session.created',
  userId,
  sessionId: 's' as SessionId,
  payload: { device, ...payload },
  at: at(minutes),
});

const end = (minutes: number, reason: string, startedAt?: number): DomainEvent => ({
  type: 'session.ended',
  userId: ann,
  payload: { reason, ...(startedAt !== undefined && { started_at: at(startedAt).toISOString() }) },
  at: at(minutes),
});

describe.each(openStores)(`${PostgresRollups.name} on %s`, (driver, open) => {
  let store: OpenStore;
  let database: Database;
  let events: DrizzleEventLog;
  let readers: PostgresLogReaders;
  let rollups: PostgresRollups;
  let keeping: RollupKeeping;
  let retention: RollupRetention;
  let reports: AnalyticsReports;
  const clock = new FakeClock(at(10));
  const log = { info: () => undefined, warn: () => undefined } as unknown as Log;
  const runs = new JobRuns(clock);

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    events = new DrizzleEventLog(database);
    readers = new PostgresLogReaders(database);
    rollups = new PostgresRollups(database);
    const rebuild = new RollupRebuild(
      new PostgresRollupSets(database, readers),
      readers,
      rollups,
      database,
      clock,
    );
    keeping = new RollupKeeping(readers, rollups, rebuild, clock);
    retention = new RollupRetention(readers, rollups, clock, database, log, runs, {
      fineDays: 2,
      dailyDays: 10,
    });
    reports = new AnalyticsReports(rollups, readers, clock);
  });

  afterAll(() => store.close());

  beforeEach(async () => {
    for (const table of ['log_readers', 'event_log', 'rollups', 'rollup_users', 'rollup_state'])
      await database.query((orm) => orm.execute(sql.raw(`delete from ${table}`)));
  });

  const write = (...appended: DomainEvent[]) => database.run(() => events.append(appended));

  /** Values of the five minutes from noon on, by metric and label. */
  async function told(...metrics: MetricName[]): Promise<Record<string, readonly (number | null)[]>> {
    const { series } = await reports.over({ from: noon, to: at(15) }, '5m', metrics);
    return Object.fromEntries(
      series.map(({ metric, label, values }) => [label === null ? metric : `${metric} ${label}`, values]),
    );
  }

  it('counts every event once, in its bucket, over any number of rounds', async () => {
    await write(begin(ann, 0), begin(ann, 4), begin(bob, 5));
    await keeping.round();
    await keeping.round();
    await write(begin(bob, 14), end(11, 'signout'));
    await keeping.round();
    expect(await told('sign_ins', 'sessions_ended', 'users_signed_in', 'active_sessions')).toEqual({
      sign_ins: [2, 1, 1],
      'sessions_ended signout': [0, 0, 1],
      users_signed_in: [1, 1, 1],
      active_sessions: [2, 3, 3],
    });
  });

  it('counts shares and sessions that go on under another id as sessions, and not as sign-ins', async () => {
    await write(begin(ann, 0), begin(ann, 1, { parent: 's' }), begin(ann, 2, { continues: 's' }));
    await keeping.round();
    expect(await told('sessions_started', 'sign_ins', 'browsers')).toEqual({
      sessions_started: [3, 0, 0],
      sign_ins: [1, 0, 0],
      'browsers Firefox': [1, 0, 0],
    });
  });

  it('counts lengths in classes, and those that nobody knows not at all', async () => {
    await write(end(1, 'signout', -1), end(2, 'signout', -58), end(3, 'limit'));
    await keeping.round();
    expect(await told('session_length')).toEqual({
      'session_length mean': [1_860, null, null],
      'session_length p50': [300, null, null],
      'session_length p90': [3_240, null, null],
    });
  });

  it('counts what expired when it did, not when that was noted', async () => {
    const payload = { reason: 'expired_idle', expired_at: at(6).toISOString() };
    await write({ ...begin(ann, 14, payload), type: 'session.expired' });
    await keeping.round();
    expect(await told('sessions_ended')).toEqual({ 'sessions_ended expired_idle': [0, 1, 0] });
  });

  it('counts failures, accounts, and limits by policy', async () => {
    await write(
      { type: 'signin.failed', userId: ann, at: at(1) },
      { type: 'user.created', userId: bob, at: at(2) },
      { type: 'rate_limit.exceeded', userId: null, payload: { policy: 'auth' }, at: at(6) },
      { type: 'user.updated', userId: ann, at: at(1) },
    );
    await keeping.round();
    expect(await told('sign_in_failures', 'users_created', 'limit_hits')).toEqual({
      sign_in_failures: [1, 0, 0],
      users_created: [1, 0, 0],
      'limit_hits auth': [0, 1, 0],
    });
  });

  it('adds up what instances measure', async () => {
    const measured = [
      { metric: 'session_checks', label: 'redis', count: 3 },
      { metric: 'session_checks', label: 'postgres', count: 1 },
    ] as const;
    await rollups.add(measured, at(1));
    await rollups.add(measured, at(2));
    await rollups.add([], at(2));
    expect(await told('session_checks', 'cache_hit_rate')).toEqual({
      'session_checks redis': [6, 0, 0],
      'session_checks postgres': [2, 0, 0],
      'cache_hit_rate session': [0.75, null, null],
      'cache_hit_rate profile': [null, null, null],
    });
  });

  it('knows how many were live before the first bucket, by the days and hours before', async () => {
    await write(
      begin(ann, -3 * 24 * 60),
      begin(ann, -2 * 24 * 60),
      end(-24 * 60, 'signout'),
      begin(bob, -30),
    );
    await keeping.round();
    expect(await told('active_sessions')).toEqual({ active_sessions: [2, 2, 2] });
    const days = await reports.over({ from: at(-24 * 60), to: at(1) }, '1d', ['active_sessions']);
    expect(days.series[0]).toMatchObject({ values: [1, 2], total: 2 });
  });

  it('forgets old buckets in batches, and not how many sessions were live', async () => {
    await write(begin(ann, -3 * 24 * 60), begin(bob, -2 * 24 * 60), end(-24 * 60, 'signout'), begin(bob, 0));
    await keeping.round();
    const before = at(-12 * 60);
    const day = 86_400;
    const gone = [
      await rollups.purge({ seconds: day, before }, 4),
      await rollups.purge({ seconds: day, before }, 100),
      await rollups.purge({ seconds: day, before }, 100),
    ];
    expect(gone).toEqual([4, 6, 0]);
    const { series } = await reports.over({ from: at(-4 * 24 * 60), to: at(1) }, '1d', [
      'sign_ins',
      'active_sessions',
    ]);
    expect(series.map(({ values }) => values)).toEqual([
      [0, 0, 0, 0, 1],
      [0, 1, 2, 1, 2],
    ]);
  });

  it('forgets by the age that is set, and who was counted when no more can come', async () => {
    const day = 24 * 60;
    await write(begin(ann, -11 * day), begin(ann, -3 * day), begin(ann, -30), begin(bob, -20));
    await keeping.round();
    await retention.round();
    const left = await database.rows(sql`
      select seconds, count(distinct bucket)::int as buckets from rollups where metric = 'sign_ins'
      group by 1 order by 1`);
    expect(left).toEqual([
      { seconds: 300, buckets: 2 },
      { seconds: 3_600, buckets: 1 },
      { seconds: 86_400, buckets: 2 },
    ]);
    const people = await database.rows(sql`
      select count(distinct user_id)::int as users, count(*)::int as rows from rollup_users`);
    expect(people).toEqual([{ users: 2, rows: 6 }]);
  });

  it('adds up what an instance has counted for its metrics, once, also what Postgres could not take', async () => {
    const metrics = new Metrics();
    const usage = new CacheUsage(metrics, rollups, clock, log, runs);
    for (let check = 0; check < 3; check += 1) metrics.sessionChecks.inc('live', 'redis');
    metrics.sessionChecks.inc('ended', 'redis');
    metrics.sessionChecks.inc('live', 'postgres');
    for (let read = 0; read < 2; read += 1) metrics.cacheRequests.inc('profile', 'hit');
    const failing = jest.spyOn(rollups, 'add').mockRejectedValueOnce(new Error('away'));
    await expect(usage.round()).rejects.toThrow('away');
    failing.mockRestore();
    await usage.round();
    for (let check = 0; check < 4; check += 1) metrics.sessionChecks.inc('live', 'redis');
    await usage.round();
    await usage.round();
    expect(await told('session_checks', 'profile_reads')).toEqual({
      'session_checks redis': [0, 0, 8],
      'session_checks postgres': [0, 0, 1],
      'profile_reads hit': [0, 0, 2],
    });
  });

  it('tells how far it is behind', async () => {
    await write(begin(ann, 9));
    await keeping.round(); // It only begins.
    await write(begin(ann, 9));
    expect(await reports.lagSeconds()).toBe(60);
    await keeping.round();
    expect(await reports.lagSeconds()).toBe(0);
  });

  it('is not confused by another time zone of the database', async () => {
    if (driver === 'ServerDriver') await database.rows(sql`set timezone to 'Asia/Kolkata'`);
    await write(begin(ann, 1));
    await keeping.round();
    const { series } = await reports.over({ from: noon, to: at(1) }, '1d', ['sign_ins']);
    expect(series[0]!.values).toEqual([1]);
  });
});
