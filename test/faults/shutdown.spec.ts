import { eventually, freePort, type PostgresProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import { ApiClient, type Device } from './support/api-client.js';
import { Asking } from './support/asking.js';
import { NoReplyError, type Reply } from './support/http.js';
import { Instance } from './support/instance.js';
import { notDurable, startPostgres } from './support/stores.js';

/** Seconds until the process is gone, and what a busy machine adds. */
const exitSeconds = 5;
const allowance = 3;

let postgres: PostgresProcess;

beforeAll(async () => {
  postgres = await startPostgres(notDurable);
});

async function expectOrderlyExit(instance: Instance, signalledAt: number): Promise<void> {
  expect(await instance.process.exited).toEqual({ code: 0, signal: null });
  expect((performance.now() - signalledAt) / 1000).toBeLessThan(exitSeconds + allowance);
  expect(instance.process.output).not.toContain('api.connections_cut');
}

describe('SIGTERM', () => {
  it('under load on kept-alive connections fails no request that was sent on one of them', async () => {
    const instance = await Instance.onServers(postgres.url);
    const device = await instance.api.register(aPerson());
    const lost: NoReplyError[] = [];
    const clients = Array.from({ length: 8 }, () =>
      ApiClient.at(instance.process.baseUrl, { keepAlive: true }),
    );
    const loops = clients.map((client) => new Asking(() => client.check(device.token).catch(recordLoss)));
    function recordLoss(error: unknown): never {
      if (error instanceof NoReplyError && error.onUsedConnection) lost.push(error);
      throw error;
    }
    await Promise.all(loops.map((loop) => loop.until('200', 50)));

    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    const saysNo = await notReady(instance.api);
    expect(saysNo.body.status).toBe('shutting_down');
    // Asked after that on a new connection and answered: so the listener was still open.
    const late = await instance.api.check(device.token);
    expect(late.status).toBe(200);
    expect(late.headers.connection).toBe('close');

    await expectOrderlyExit(instance, signalledAt);
    await Promise.all(loops.map((loop) => loop.stop()));
    clients.forEach((client) => client.http.close());
    expect(lost).toEqual([]);
    // Whoever comes when nobody listens any more is refused, which a balancer repeats elsewhere.
    const answers = new Set(loops.flatMap((loop) => loop.kinds));
    expect([...answers].filter((answer) => answer !== 'ECONNREFUSED' && answer !== 'ECONNRESET')).toEqual([
      '200',
    ]);
  }, 60_000);

  it('waits for the requests in flight: sign-ins in line for their hash are answered', async () => {
    const instance = await Instance.onServers(postgres.url, {
      SHUTDOWN_DRAIN: '0',
      PASSWORD_HASH_CONCURRENCY: '1',
    });
    const person = aPerson();
    await instance.api.register(person);
    const replies = Array.from({ length: 12 }, () => instance.api.trySignIn(person));
    await Promise.any(replies);
    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    const statuses = (await Promise.all(replies)).map(({ status }) => status);
    expect(statuses).toEqual(replies.map(() => 200));
    await expectOrderlyExit(instance, signalledAt);
  }, 60_000);

  it('drains for as long as SHUTDOWN_DRAIN says, also when that is long', async () => {
    const instance = await Instance.onServers(postgres.url, { SHUTDOWN_DRAIN: '5' });
    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    await notReady(instance.api);
    expect(await instance.process.exited).toEqual({ code: 0, signal: null });
    expect((performance.now() - signalledAt) / 1000).toBeGreaterThan(5);
  }, 60_000);

  it('ends the process at once when it is sent twice', async () => {
    const instance = await Instance.onServers(postgres.url, { SHUTDOWN_DRAIN: '60' });
    instance.process.signal('SIGTERM');
    await notReady(instance.api);
    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    expect(await instance.process.exited).toEqual({ code: 1, signal: null });
    expect((performance.now() - signalledAt) / 1000).toBeLessThan(1 + allowance);
  }, 60_000);
});

function notReady(api: ApiClient): Promise<Reply> {
  return eventually(
    async () => {
      const reply = await api.ready();
      return reply.status === 503 && reply;
    },
    { describe: 'ready says no' },
  );
}

/** A balancer: asks every instance for its readiness and sends requests to those only that said yes last. */
class Balancer {
  private readonly probes: readonly Asking[];
  private readonly targets: readonly { readonly api: ApiClient; isReady: boolean }[];
  private turn = 0;

  constructor(ports: readonly number[]) {
    this.targets = ports.map((port) => ({
      api: ApiClient.at(`http://127.0.0.1:${port}`, { keepAlive: true }),
      isReady: false,
    }));
    this.probes = this.targets.map((target) => {
      const probe = ApiClient.at(target.api.http.baseUrl);
      return new Asking(
        async () => {
          const reply = await probe.ready().catch((error: unknown) => {
            target.isReady = false;
            throw error;
          });
          target.isReady = reply.status === 200;
          return reply;
        },
        { pauseMs: 50 },
      );
    });
  }

  get readyPorts(): number {
    return this.targets.filter(({ isReady }) => isReady).length;
  }

  next(): ApiClient {
    const ready = this.targets.filter(({ isReady }) => isReady);
    this.turn += 1;
    const target = ready[this.turn % ready.length];
    if (!target) throw new Error('no instance is ready');
    return target.api;
  }

  async close(): Promise<void> {
    await Promise.all(this.probes.map((probe) => probe.stop()));
    this.targets.forEach(({ api }) => api.http.close());
  }
}

describe('twenty rolling restarts of two instances', () => {
  it('fail no request of a client that uses ready instances only', async () => {
    const ports = [await freePort(), await freePort()];
    const start = (port: number): Promise<Instance> => Instance.onServers(postgres.url, {}, port);
    const running = await Promise.all(ports.map(start));
    const device: Device = await running[0]!.api.register(aPerson());
    const balancer = new Balancer(ports);
    await eventually(() => balancer.readyPorts === 2, { describe: 'both are ready' });
    const load = new Asking(() => balancer.next().check(device.token), { callers: 4, pauseMs: 2 });

    for (let restart = 0; restart < 20; restart += 1) {
      const which = restart % 2;
      expect(await running[which]!.process.stop()).toMatchObject({ code: 0, signal: null });
      running[which] = await start(ports[which]!);
      await eventually(() => balancer.readyPorts === 2, { describe: 'both are ready again' });
    }
    expect(await load.stop()).toEqual(['200']);
    expect(load.countOf('200')).toBeGreaterThan(1_000);
    await balancer.close();
  }, 240_000);
});
