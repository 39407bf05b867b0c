import { eventually, type FaultProxy, freePort, type PostgresProcess, type RedisProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import type { ApiClient } from './support/api-client.js';
import { Asking } from './support/asking.js';
import type { Reply } from './support/http.js';
import { expectNothingUnhandled, Instance } from './support/instance.js';
import { notDurable, startPostgres, startProxy, startRedis } from './support/stores.js';
import { isToldInTurns, told } from './support/told.js';

/** A probe gives up after 100 ms for its write; the rest is for the schedulers of a machine in common use. */
const probeBoundMs = 1_000;

let postgres: PostgresProcess;
let redis: RedisProcess;
let proxy: FaultProxy;
let instance: Instance;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(notDurable), startRedis()]);
  proxy = await startProxy(redis);
  instance = await onRedis(proxy.through(redis.url));
}, 60_000);

afterEach(() => {
  expect(instance.process.isRunning).toBe(true);
  expectNothingUnhandled(instance.process.output);
});

function onRedis(url: string, env: Readonly<Record<string, string>> = {}): Promise<Instance> {
  return Instance.onServers(postgres.url, { REDIS_URL: url, ...env });
}

async function expectSoon(api: ApiClient, status: 'ok' | 'degraded'): Promise<void> {
  await eventually(async () => (await api.ready()).body.status === status, {
    describe: `ready says ${status}`,
  });
  const reply = await api.ready();
  expect([reply.status, reply.body.status]).toEqual([200, status]);
  expect(reply.ms).toBeLessThan(probeBoundMs);
}

/** Each route of the API once, with the status it has on a good day. */
async function expectEveryRouteToWork(api: ApiClient): Promise<void> {
  const person = aPerson({ username: `name${aPerson().email.split('@')[0]}` });
  const [first, second] = [await api.register(person), await api.signIn(person)];
  const third = await api.signIn(person);
  const { email, username, password } = person;
  const expectStatus = async (expected: number, reply: Promise<Reply>): Promise<void> =>
    expect((await reply).status).toBe(expected);
  for (const path of [
    '/auth/session',
    '/auth/me',
    '/auth/sessions',
    '/sessions',
    '/sessions/active',
    '/sessions/current',
  ])
    await expectStatus(200, api.ask('GET', path, third));
  await expectStatus(200, api.ask('POST', '/auth/login', { body: { username, password } }));
  await expectStatus(401, api.trySignIn({ email, password: 'not that one' }));
  await expectStatus(409, api.tryRegister(person));
  await expectStatus(200, api.ask('DELETE', `/sessions/${first.sessionId}`, third));
  await expectStatus(401, api.check(first.token));
  await expectStatus(200, api.ask('POST', '/auth/signout', second));
  await expectStatus(200, api.ask('DELETE', '/sessions', third));
  await expectStatus(200, api.ask('POST', '/auth/logout-all', third));
  await expectStatus(401, api.check(third.token));
  await expectStatus(200, api.http.send('GET', '/.well-known/jwks.json'));
  await expectStatus(200, api.health());
}

const pass = (): unknown => proxy.set({ kind: 'pass' });

describe('while Redis', () => {
  it.each<{ name: string; begin: () => unknown; end: () => unknown }>([
    { name: 'is killed', begin: () => redis.kill9(), end: () => redis.restart() },
    { name: 'hangs', begin: () => redis.freeze(), end: () => redis.thaw() },
    { name: 'is behind a blackholed link', begin: () => proxy.set({ kind: 'hold' }), end: pass },
    { name: 'resets every connection', begin: () => proxy.set({ kind: 'reset' }), end: pass },
    { name: 'answers late', begin: () => proxy.set({ kind: 'delay', ms: 300 }), end: pass },
    {
      name: 'is out of memory',
      begin: () => redis.command('CONFIG', 'SET', 'maxmemory', '1'),
      end: () => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
    },
    {
      name: 'is the replica of another',
      begin: async () => redis.command('REPLICAOF', '127.0.0.1', await freePort()),
      end: () => redis.command('REPLICAOF', 'NO', 'ONE'),
    },
    {
      name: 'wants a password that nobody told us',
      begin: async () => {
        await redis.command('CONFIG', 'SET', 'requirepass', 'unheard of');
        await proxy.set({ kind: 'reset' });
        await pass();
      },
      end: () => redis.restart(['--requirepass', '']),
    },
  ])(
    '$name every route works and the instance is ready, but degraded, until Redis is back',
    async ({ begin, end }) => {
      const { api } = instance;
      await expectSoon(api, 'ok');
      const device = await api.register(aPerson());
      const checks = new Asking(() => api.check(device.token), { pauseMs: 5 });

      await begin();
      await expectSoon(api, 'degraded');
      expect((await api.ready()).body.checks?.['redis']?.status).toBe('degraded');
      await expectEveryRouteToWork(api);

      await end();
      await expectSoon(api, 'ok');
      expect(await checks.stop()).toEqual(['200']);
    },
    30_000,
  );

  it('is away or back, one line of the log tells', async () => {
    const lines = ['warn redis.unavailable', 'info redis.available'] as const;
    const sofar = (): string[] => told(instance.process.output, ['redis.unavailable', 'redis.available']);
    await eventually(() => isToldInTurns(sofar(), lines), { describe: () => sofar().join() });
    expect(sofar().length).toBeGreaterThanOrEqual(8);
  });

  it('is flushed nobody is signed out and the instance stays ready', async () => {
    const { api } = instance;
    await expectSoon(api, 'ok');
    const device = await api.register(aPerson());
    const checks = new Asking(() => api.check(device.token));
    for (let round = 0; round < 20; round += 1) {
      await redis.command('FLUSHALL');
      expect((await api.ready()).body.status).toBe('ok');
    }
    await expectEveryRouteToWork(api);
    expect(await checks.stop()).toEqual(['200']);
  });
});

describe('an instance that starts', () => {
  it('with a wrong Redis password serves, degraded', async () => {
    await redis.command('CONFIG', 'SET', 'requirepass', 'right');
    const { api } = await onRedis(redis.url, { REDIS_PASSWORD: 'wrong' });
    await expectSoon(api, 'degraded');
    await expectEveryRouteToWork(api);
    await redis.restart();
  });

  it('before Redis serves, degraded, and is ok as soon as Redis is there', async () => {
    await redis.kill9();
    const { api } = await onRedis(redis.url);
    await expectSoon(api, 'degraded');
    await expectEveryRouteToWork(api);
    await redis.restart();
    await expectSoon(api, 'ok');
  });

  it('with REDIS_ENABLED=false asks no Redis and is ok', async () => {
    const nowhere = `redis://127.0.0.1:${await freePort()}`;
    const { api } = await onRedis(nowhere, { REDIS_ENABLED: 'false' });
    await expectSoon(api, 'ok');
    await expectEveryRouteToWork(api);
  });
});
