import { Clock, SystemClock } from '@app/kernel';
import { Database, ServerDriver } from '@app/postgres';
import { RedisConnection } from '@app/redis';
import { AuthorityState } from '@app/sessions';
import { createLogger, Log } from '@app/telemetry';
import { createTestDatabase, eventually, FaultProxy, type TestDatabase, testServers } from '@app/testing';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { HealthModule, Readiness, ShutdownGate } from '../src/index.js';

let home: TestDatabase;
let database: Database;
let postgres: FaultProxy;
let redis: FaultProxy;
const clock = new SystemClock();
const log = new Log(createLogger('silent'));
const ignore = (): void => undefined;

/** An instance that has nothing to serve from when Postgres is away. */
const authority = { mode: 'normal', feedAgeMs: 0, canServeWithoutPostgres: false } as AuthorityState;

const targetOf = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });

beforeAll(async () => {
  home = await createTestDatabase((url) => new ServerDriver(url, 1, ignore).migrate());
  postgres = await FaultProxy.start({ target: targetOf(home.url) });
  redis = await FaultProxy.start({ target: targetOf(testServers.redisUrl) });
  database = new Database(new ServerDriver(postgres.through(home.url), 2, ignore));
});

afterAll(async () => {
  await database.close();
  await Promise.all([postgres.close(), redis.close()]);
  await home.drop();
});

/** The module as an app would use it. */
async function start(connection: RedisConnection): Promise<TestingModule> {
  @Global()
  @Module({
    providers: [
      { provide: Clock, useValue: clock },
      { provide: Database, useValue: database },
      { provide: RedisConnection, useValue: connection },
      { provide: AuthorityState, useValue: authority },
    ],
    exports: [Clock, Database, RedisConnection, AuthorityState],
  })
  class StoresModule {}

  const imports = [
    StoresModule,
    HealthModule.forRoot({ drainSeconds: 0, jobs: { enabled: false, redisHealthSeconds: 300 }, imports: [] }),
  ];
  return Test.createTestingModule({ imports }).compile();
}

describe(Readiness.name, () => {
  let connection: RedisConnection;
  let app: TestingModule;
  const report = () => app.get(Readiness).report();

  beforeEach(async () => {
    await Promise.all([postgres.set({ kind: 'pass' }), redis.set({ kind: 'pass' })]);
    connection = new RedisConnection({ url: redis.through(testServers.redisUrl), tls: false }, log, clock);
    connection.open();
    await eventually(() => connection.isAvailable, { describe: 'Redis is available' });
    app = await start(connection);
  });

  afterEach(async () => {
    await app.close();
    await connection.close();
  });

  it('is ok when both stores answer, and tells how fast', async () => {
    expect(await report()).toEqual({
      status: 'ok',
      mode: 'normal',
      checks: {
        postgres: {
          status: 'up',
          latency_ms: expect.any(Number),
          pool: { total: expect.any(Number), idle: expect.any(Number), waiting: 0 },
        },
        redis: { status: 'up', enabled: true, latency_ms: expect.any(Number), connection: 'ready' },
        revocation_feed: { status: 'up', age_ms: 0 },
      },
    });
  });

  it('P2 is degraded, not down, without Redis: Postgres decides', async () => {
    await redis.set({ kind: 'refuse' });

    expect(await report()).toMatchObject({
      status: 'degraded',
      checks: { postgres: { status: 'up' }, redis: { enabled: true } },
    });
  });

  it('P2 is degraded within a moment when Redis hangs', async () => {
    await redis.set({ kind: 'hold' });
    const started = performance.now();

    expect((await report()).status).toBe('degraded');
    expect(performance.now() - started).toBeLessThan(500);
  });

  it.each(['refuse', 'hold'] as const)(
    'is an error when Postgres is away (%s), and names no host',
    async (kind) => {
      await postgres.set({ kind });
      const answer = await report();

      expect(answer).toMatchObject({
        status: 'error',
        checks: { postgres: { status: 'down' }, redis: { status: 'up' } },
      });
      expect(JSON.stringify(answer)).not.toMatch(/127\.0\.0\.1|ECONNREFUSED|timeout/i);
    },
  );

  it('is ok again as soon as the stores are', async () => {
    await Promise.all([postgres.set({ kind: 'refuse' }), redis.set({ kind: 'refuse' })]);
    expect((await report()).status).toBe('error');
    await Promise.all([postgres.set({ kind: 'pass' }), redis.set({ kind: 'pass' })]);
    await eventually(() => connection.isAvailable, { describe: 'Redis is available' });

    expect((await report()).status).toBe('ok');
  });

  it('is ok without Redis when there is none to be had', async () => {
    const alone = await start(new RedisConnection(null, log, clock));

    expect(await alone.get(Readiness).report()).toMatchObject({
      status: 'ok',
      checks: { redis: { status: 'up', enabled: false } },
    });
    await alone.close();
  });

  it('says that it is shutting down from the signal on, whatever the stores say', async () => {
    app.get(ShutdownGate).onModuleDestroy();

    expect(app.get(ShutdownGate).isClosing).toBe(true);
    expect(await report()).toEqual({ status: 'shutting_down', checks: {} });
  });
});
