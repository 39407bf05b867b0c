import { type DomainEvent, DrizzleEventLog, PostgresLogReaders } from '@app/event-log';
import type { UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { FakeClock, type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { RollupRebuild } from '../src/application/rollup-rebuild.js';
import { PostgresRollups } from '../src/infrastructure/postgres/postgres-rollups.js';
import { PostgresRollupSets } from '../src/infrastructure/postgres/postgres-rollup-sets.js';

const noon = new Date('2026-01-02T12:00:00Z');
const minute = 60_000;
const userIds = [0, 1, 2, 3].map((n) => `019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d1${n}` as UserId);

const at = (minutes: number): Date => new Date(noon.getTime() + minutes * minute);

/** Over two days, so that buckets of each length meet several events. */
const someTime = fc.integer({ min: -2 * 24 * 60, max: 0 }).map(at);

const someEvent: fc.Arbitrary<DomainEvent> = fc.record({
  type: fc.constantFrom<DomainEvent['type']>(
    'session.created',
    'session.created',
    'session.ended',
    'session.expired',
    'signin.failed',
    'user.created',
    'rate_limit.exceeded',
    'user.updated',
  ),
  userId: fc.constantFrom(...userIds),
  at: someTime,
  payload: fc.record(
    {
      reason: fc.constantFrom('signout', 'limit', 'expired_idle'),
      started_at: someTime.map((time) => time.toISOString()),
      expired_at: someTime.map((time) => time.toISOString()),
      parent: fc.constant('p'),
      policy: fc.constantFrom('auth', 'global'),
      device: fc.record({
        browser: fc.constantFrom('Firefox', 'Made up', null),
        os: fc.constantFrom('Linux', null),
        kind: fc.constantFrom('desktop', 'mobile'),
      }),
    },
    { requiredKeys: ['device'] },
  ),
});

describe.each(openStores)(`${RollupRebuild.name} on %s`, (driver, open) => {
  let store: OpenStore;
  let database: Database;
  let events: DrizzleEventLog;
  let readers: PostgresLogReaders;
  let rollups: PostgresRollups;
  let sets: PostgresRollupSets;
  let rebuild: RollupRebuild;

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    events = new DrizzleEventLog(database);
    readers = new PostgresLogReaders(database);
    rollups = new PostgresRollups(database);
    sets = new PostgresRollupSets(database, readers);
    rebuild = new RollupRebuild(sets, readers, rollups, database, new FakeClock(noon));
  });

  afterAll(() => store.close());

  const execute = <Row>(statement: ReturnType<typeof sql>): Promise<Row[]> => database.rows(statement);

  async function clear(): Promise<void> {
    for (const table of ['log_readers', 'event_log', 'rollups', 'rollup_users', 'rollup_state'])
      await execute(sql.raw(`delete from ${table}`));
  }

  beforeEach(clear);

  const write = (...appended: DomainEvent[]) => database.run(() => events.append(appended));

  /** One look of a reader, as the job takes it; false if nothing is left. */
  const advance = (batch = 2_000): Promise<boolean> =>
    readers.advance({ reader: 'analytics', batch, begin: 'with the oldest event' }, (span) =>
      rollups.fold(span, 'shown'),
    );

  const follow = async (batch?: number): Promise<void> => {
    while (await advance(batch));
  };

  const shown = () =>
    execute<{ metric: string; count: string }>(sql`
      select seconds, metric, bucket::text, label, count::text, amount::text from rollups
      where set_id = coalesce((select shown from rollup_state), 1) order by seconds, metric, bucket, label`);

  const totalOf = async (metric: string): Promise<number> =>
    (await shown())
      .filter((row) => row.metric === metric)
      .reduce((sum, { count }) => sum + Number(count), 0) / 3;

  const signIn = (minutes: number, user = 0): DomainEvent => ({
    type: 'session.created',
    userId: userIds[user]!,
    payload: { device: {} },
    at: at(minutes),
  });

  it('comes to the same numbers as readers did in whatever stretches', async () => {
    const story = fc.array(
      fc.record({
        batch: fc.integer({ min: 1, max: 9 }),
        appended: fc.array(someEvent, { minLength: 1, maxLength: 12 }),
      }),
      { minLength: 1, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        await clear();
        for (const { batch, appended } of steps) {
          await write(...appended);
          await follow(batch);
        }
        const before = await shown();
        await rebuild.run();
        expect(await shown()).toEqual(before);
        await rebuild.run();
        expect(await shown()).toEqual(before);
      }),
      { numRuns: 12 },
    );
  });

  it('repairs what somebody has broken, and leaves nothing of the set before', async () => {
    await write(signIn(-9), signIn(-5));
    await follow();
    const before = await shown();
    await execute(sql`delete from rollups where metric = 'sign_ins'`);
    await execute(sql`delete from rollup_users`);
    await rebuild.run();
    expect(await shown()).toEqual(before);
    expect(await execute(sql`select distinct set_id from rollups`)).toEqual([{ set_id: 2 }]);
    expect(await execute(sql`select distinct set_id from rollup_users`)).toEqual([{ set_id: 2 }]);
    expect((await readers.status()).map(({ name }) => name)).toEqual(['analytics']);
  });

  it('shows the numbers of before until it is done, and counts once what happens meanwhile', async () => {
    await write(signIn(-9), signIn(-5));
    await follow();
    await rebuild.begin();
    await rebuild.begin(); // Somebody else, who joins.
    expect(await rebuild.step()).toBe(true);
    await write(signIn(-4), signIn(-3, 1));
    await follow();
    expect(await totalOf('sign_ins')).toBe(4);
    expect(await sets.isBuilding()).toBe(true);
    expect(await readers.statusOf('analytics_rebuild')).toMatchObject({ oldestUnread: at(-9) });
    await write(signIn(-2));
    await rebuild.run();
    await write(signIn(-1));
    await follow();
    expect(await totalOf('sign_ins')).toBe(6);
    expect(await sets.isBuilding()).toBe(false);
    expect(await readers.statusOf('analytics_rebuild')).toBeNull();
  });

  it('is carried on by several processes at once, and counts everything once', async () => {
    const many = Array.from({ length: 40 }, (_, index) => signIn(-index, index % 4));
    for (const event of many) await write(event);
    await follow(3);
    const before = await shown();
    await Promise.all([
      rebuild.run(),
      new RollupRebuild(sets, readers, rollups, database, new FakeClock(noon)).run(),
      follow(),
    ]);
    await rebuild.run();
    expect(await shown()).toEqual(before);
  });

  it('keeps what the log does not hold any more', async () => {
    await write(signIn(-26 * 60), signIn(-25 * 60, 1), signIn(-40), signIn(-39), signIn(-2));
    await follow();
    const before = await shown();
    await execute(sql`delete from event_log where created_at < ${at(-39).toISOString()}::timestamptz`);
    await rebuild.run();
    expect(await shown()).toEqual(before);
    await execute(sql`delete from event_log`);
    await rebuild.run();
    expect(await shown()).toEqual(before);
  });

  it('counts sessions once that began in buckets which were forgotten', async () => {
    await write(signIn(-50 * 60), signIn(-30 * 60, 1), signIn(-2));
    await follow();
    const live = () => rollups.liveBefore(new Date('2026-01-03T00:00:00Z'));
    while ((await rollups.purge({ seconds: 86_400, before: new Date('2026-01-02T00:00:00Z') }, 100)) > 0);
    expect(await live()).toBe(3);
    await rebuild.run();
    expect(await live()).toBe(3);
    await execute(sql`delete from event_log where created_at < ${at(-40 * 60).toISOString()}::timestamptz`);
    await rebuild.run();
    expect(await live()).toBe(3);
  });

  it('counts once what was being counted when a process died', async () => {
    await write(signIn(-9), signIn(-5), signIn(-4));
    await advance(2); // It only begins.
    await advance(2);
    const dying = readers.advance(
      { reader: 'analytics', batch: 2, begin: 'with the oldest event' },
      async (span) => {
        await rollups.fold(span, 'shown');
        throw new Error('killed');
      },
    );
    await expect(dying).rejects.toThrow('killed');
    expect(await totalOf('sign_ins')).toBe(2);
    await follow();
    expect(await totalOf('sign_ins')).toBe(3);
  });

  if (driver === 'ServerDriver') {
    it('counts what was written early and committed late', async () => {
      await follow();
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let begun = (): void => undefined;
      const hasBegun = new Promise<void>((resolve) => (begun = resolve));
      const late = database.run(async () => {
        await events.append([signIn(-9)]);
        begun();
        await released;
      });
      await hasBegun;
      await write(signIn(-5));
      await follow();
      expect(await totalOf('sign_ins')).toBe(0);
      release();
      await late;
      await follow();
      expect(await totalOf('sign_ins')).toBe(2);
    });
  }
});
