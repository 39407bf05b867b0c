import { eventually, type FaultProxy, type PostgresProcess } from '@app/testing';
import pg from 'pg';
import { aPerson } from '../support/people.js';
import type { ApiClient, Device } from './support/api-client.js';
import { Asking } from './support/asking.js';
import type { Reply } from './support/http.js';
import { expectNothingUnhandled, Instance } from './support/instance.js';
import { own } from './support/own.js';
import { setReadOnly, startPostgres, startProxy } from './support/stores.js';
import { isToldInTurns, told } from './support/told.js';

/**
 * The contract is 0.7 s: 300 ms for a connection and 350 ms for an answer. The rest is for the schedulers of two
 * processes on a machine that others are using too.
 */
const allowanceMs = 800;
const boundMs = 700 + allowanceMs;

/** A change that meets a lock asks four times, 250 ms each, with up to 150 ms of pauses between. */
const lockedChangeMs = 1_150 + allowanceMs;

/** Milliseconds from the end of the fault to normal service, the same allowance included. */
const recoveryMs = 8_000;

let postgres: PostgresProcess;
let proxy: FaultProxy;
/** One next to the server, one behind the proxy. */
let near: Instance;
let far: Instance;

beforeAll(async () => {
  postgres = await startPostgres({ max_connections: '40' });
  proxy = await startProxy(postgres);
  near = await Instance.onServers(postgres.url);
  far = await Instance.onServers(proxy.through(postgres.url));
}, 60_000);

afterEach(() => {
  for (const { process } of [near, far]) {
    expect(process.isRunning).toBe(true);
    expectNothingUnhandled(process.output);
  }
});

const fillers: pg.Client[] = [];
own(() => Promise.all(fillers.map((client) => client.end().catch(() => undefined))));

/** Takes every place of the server, until it tells even the superuser that it has none. */
async function takeAllConnections(): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: postgres.url, application_name: 'test-filler' });
    client.on('error', () => undefined); // Not connected, which the next line reports.
    try {
      await client.connect();
    } catch (error) {
      if ((error as { code?: string }).code !== '53300') throw error;
      // The product's own connections count as well; once they are ended their places are free to take.
      const ended = await fillers[0]!.query(
        `select pg_terminate_backend(pid, 2000) from pg_stat_activity where application_name like 'rollcall%'`,
      );
      if (ended.rows.length === 0) return;
      continue;
    }
    fillers.push(client);
  }
}

async function releaseAllConnections(): Promise<void> {
  await Promise.all(fillers.splice(0).map((client) => client.end()));
}

/** A lock as somebody's maintenance script takes it; every connection of the product ends up waiting for it. */
async function lockSessions(): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url, application_name: 'test-locker' });
  fillers.push(client);
  await client.connect();
  await client.query('begin');
  await client.query('lock table sessions in access exclusive mode');
}

interface Fault {
  readonly name: string;
  readonly where: 'near' | 'far';
  readonly begin: () => unknown;
  readonly end: () => unknown;
  /** Only the tables are locked: the trivial statement of the readiness probe gets its answer. */
  readonly isLock?: true;
}

const pass = (): unknown => proxy.set({ kind: 'pass' });

const faults: readonly Fault[] = [
  {
    name: 'is killed',
    where: 'near',
    begin: () => postgres.kill9(),
    end: () => postgres.restart(),
  },
  { name: 'hangs', where: 'near', begin: () => postgres.freeze(), end: () => postgres.thaw() },
  {
    name: 'is shut down in immediate mode',
    where: 'near',
    begin: async () => {
      process.kill(postgres.pid, 'SIGQUIT');
      await eventually(() => !isAlive(postgres.pid), { describe: 'the server has ended' });
    },
    end: () => postgres.restart(),
  },
  {
    name: 'has no connection left',
    where: 'near',
    begin: takeAllConnections,
    end: releaseAllConnections,
  },
  {
    name: 'holds every statement at a lock',
    where: 'near',
    begin: lockSessions,
    end: releaseAllConnections,
    isLock: true,
  },
  {
    name: 'is behind a blackholed link',
    where: 'far',
    begin: () => proxy.set({ kind: 'hold' }),
    end: pass,
  },
  {
    name: 'hears but its answers are lost',
    where: 'far',
    begin: () => proxy.set({ kind: 'hold', direction: 'downstream' }),
    end: pass,
  },
  {
    name: 'answers seconds late',
    where: 'far',
    begin: () => proxy.set({ kind: 'delay', ms: 2_000 }),
    end: pass,
  },
  {
    name: 'resets every connection',
    where: 'far',
    begin: () => proxy.set({ kind: 'reset' }),
    end: pass,
  },
  {
    name: 'refuses every connection',
    where: 'far',
    begin: () => proxy.set({ kind: 'refuse' }),
    end: pass,
  },
];

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // ESRCH: nobody has that id any more.
    return false;
  }
}

function expectCouldNotCheck({ status, body, headers, ms }: Reply, bound = boundMs): void {
  expect({ status, code: body.code }).toEqual({ status: 503, code: 'STORE_UNAVAILABLE' });
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(headers['www-authenticate']).toBeUndefined();
  expect(ms).toBeLessThan(bound);
}

function expectCheckedAndRefused({ status, body, ms }: Reply, code: string): void {
  expect({ status, code: body.code }).toEqual({ status: 401, code });
  expect(ms).toBeLessThan(boundMs);
}

const reads = [
  '/auth/session',
  '/auth/me',
  '/auth/sessions',
  '/sessions',
  '/sessions/active',
  '/sessions/current',
];

/** Requests that change something; one that is answered 503 may have taken effect, so nobody needs this device. */
function changes(api: ApiClient, { token, sessionId, person }: Device): (() => Promise<Reply>)[] {
  return [
    () => api.trySignIn(person),
    () => api.tryRegister(aPerson()),
    () => api.ask('DELETE', `/sessions/${sessionId}`, { token }),
    () => api.ask('DELETE', '/sessions', { token }),
    () => api.ask('POST', '/auth/signout', { token }),
    () => api.ask('POST', '/auth/logout-all', { token }),
  ];
}

async function expectNormalService(api: ApiClient, { token, person }: Device): Promise<void> {
  const soon = (describe: string, isSo: () => Promise<boolean>): Promise<unknown> =>
    eventually(isSo, { describe, timeoutMs: recoveryMs });
  await soon('the same token is accepted again', async () => (await api.check(token)).status === 200);
  await soon('the instance is ready', async () => (await api.ready()).body.status === 'ok');
  await soon('people can sign in', async () => (await api.trySignIn(person)).status === 200);
}

describe('while PostgreSQL', () => {
  describe.each(faults)('$name', ({ where, begin, end, isLock }) => {
    it('nobody is signed out: 503 in time, 401 only where no store is asked, and normal service afterwards', async () => {
      const { api } = where === 'near' ? near : far;
      const device = await api.register(aPerson());
      const restless = await api.register(aPerson());
      // Signs in again and again, which ends older sessions: known to be over, they are refused in any state.
      const visitor = await api.register(aPerson());
      const checks = new Asking(() => api.check(device.token), { pauseMs: 25 });
      const signIns = new Asking(() => api.trySignIn(visitor.person), { pauseMs: 100 });
      await Promise.all([checks.until('200'), signIns.until('200')]);

      await begin();
      await checks.until('503 STORE_UNAVAILABLE', 5);
      for (const path of reads) expectCouldNotCheck(await api.ask('GET', path, device));
      for (const change of changes(api, restless)) {
        expectCouldNotCheck(await change(), isLock ? lockedChangeMs : boundMs);
      }
      const together = await Promise.all(Array.from({ length: 20 }, () => api.check(device.token)));
      together.forEach((reply) => expectCouldNotCheck(reply));
      expectCheckedAndRefused(await api.check('garbage'), 'TOKEN_INVALID');
      expectCheckedAndRefused(await api.check(`${device.token.slice(0, -9)}AAAAAAAAA`), 'TOKEN_INVALID');
      expectCheckedAndRefused(await api.ask('GET', '/auth/session'), 'UNAUTHENTICATED');
      expect(await api.health()).toMatchObject({ status: 200, body: { status: 'ok' } });
      const { status, body, ms } = await api.ready();
      expect([status, body.status]).toEqual(isLock ? [200, 'ok'] : [503, 'error']);
      expect(ms).toBeLessThan(boundMs);

      await end();
      await expectNormalService(api, device);
      expect(await checks.stop()).toEqual(['200', '503 STORE_UNAVAILABLE']);
      expect(await signIns.stop()).toEqual(['200', '503 STORE_UNAVAILABLE']);
    }, 60_000);
  });

  it.each([
    ['warn postgres.unavailable', 'info postgres.available'],
    ['warn feed.interrupted', 'info feed.following'],
  ] as const)('is away or back, one line of the log tells: %s, %s', async (...lines) => {
    const events = lines.map((line) => line.split(' ')[1]!);
    for (const { process } of [near, far]) {
      await eventually(() => isToldInTurns(told(process.output, events), lines), {
        describe: () => told(process.output, events).join(),
      });
      expect(told(process.output, events).length).toBeGreaterThanOrEqual(4);
    }
  });

  it('is restarted in immediate mode under load, requests fail with 503 at worst', async () => {
    const device = await near.api.register(aPerson());
    const checks = new Asking(() => near.api.check(device.token), { callers: 4, pauseMs: 10 });
    await checks.until('200', 20);
    process.kill(postgres.pid, 'SIGQUIT');
    await postgres.restart();
    await expectNormalService(near.api, device);
    const answers = await checks.stop();
    expect(answers.filter((answer) => answer !== '503 STORE_UNAVAILABLE')).toEqual(['200']);
  }, 60_000);

  it('is read-only, as after a failover, sessions are still checked and what must write is answered 503', async () => {
    const device = await near.api.register(aPerson());
    const writer = await near.api.register(aPerson());
    await setReadOnly(postgres.url, 'on');
    await eventually(async () => (await near.api.trySignIn(writer.person)).status === 503, {
      describe: 'the setting has arrived',
    });
    const checks = new Asking(() => near.api.check(device.token));
    await checks.until('200', 50);
    for (const path of reads) expect((await near.api.ask('GET', path, device)).status).toBe(200);
    for (const change of changes(near.api, writer)) expectCouldNotCheck(await change());
    await setReadOnly(postgres.url, 'off');
    await expectNormalService(near.api, writer);
    expect(await checks.stop()).toEqual(['200']);
  }, 30_000);
});

describe('with a pool of one connection', () => {
  let narrow: Instance;

  beforeAll(async () => {
    narrow = await Instance.onServers(postgres.url, { DATABASE_POOL_SIZE: '1' });
  });

  it('every route works', async () => {
    const { api } = narrow;
    const device = await api.register(aPerson());
    for (const path of reads) expect((await api.ask('GET', path, device)).status).toBe(200);
    expect((await api.ready()).status).toBe(200);
    for (const change of changes(api, await api.signIn(device.person))) {
      // Each change ends sessions, so some of the later ones meet a session that is over.
      expect([200, 201, 401]).toContain((await change()).status);
    }
  });

  it('fifty parallel requests pass, session checks and changes alike', async () => {
    const { api } = narrow;
    const people = await Promise.all(Array.from({ length: 10 }, () => api.register(aPerson())));
    const replies = await Promise.all(
      people.flatMap((device, index) => [
        api.check(device.token),
        api.ask('GET', '/sessions', device),
        api.ask('GET', '/sessions/current', device),
        api.ask('GET', '/auth/sessions', device),
        index % 2 ? api.trySignIn(device.person) : api.ask('DELETE', '/sessions', device),
      ]),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  }, 30_000);
});
