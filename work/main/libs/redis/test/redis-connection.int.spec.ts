import { StoreUnavailableError, SystemClock } from '@app/kernel';
import { createLogger, Log } from '@app/telemetry';
import { eventually, FaultProxy, RedisProcess } from '@app/testing';
import { RedisConnection } from '../src/index.js';

let server: RedisProcess;
let proxy: FaultProxy;
let connection: RedisConnection;
let lines: string[];

const events = (): string[] => lines.map((line) => (JSON.parse(line) as { event: string }).event);
const isBack = () => eventually(() => connection.isAvailable, { describe: 'Redis is available' });
const isGone = () => eventually(() => !connection.isAvailable, { describe: 'Redis is unavailable' });

beforeAll(async () => {
  server = await RedisProcess.start();
  proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: server.port } });
});

beforeEach(async () => {
  await proxy.set({ kind: 'pass' });
  // Not through the variable: the connection of the test before may still have a last word.
  const own: string[] = [];
  lines = own;
  const log = new Log(createLogger('info', { write: (line: string) => void own.push(line) }));
  connection = new RedisConnection({ url: proxy.through(server.url), tls: false }, log, new SystemClock());
  connection.open();
  await isBack();
});

afterEach(() => connection.close());

afterAll(async () => {
  await proxy.close();
  await server.stop();
});

async function milliseconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work.catch(() => undefined);
  return performance.now() - started;
}

describe(RedisConnection.name, () => {
  it('writes and reads a value to prove that it works', async () => {
    await expect(connection.probe()).resolves.toEqual({
      latencyMs: expect.any(Number),
      connection: 'ready',
    });
  });

  it('leaves nothing behind that lasts', async () => {
    await connection.probe();
    const keys = (await server.command('KEYS', 'probe:*')) as string[];

    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(Number(await server.command('TTL', key))).toBeGreaterThan(0);
  });

  it('v5.0.0-13.1.3 says within a moment that a hung server cannot answer', async () => {
    await proxy.set({ kind: 'hold' });
    const probe = connection.probe();

    expect(await milliseconds(probe)).toBeLessThan(300);
    await expect(probe).rejects.toThrow(StoreUnavailableError);
    await expect(probe).rejects.toMatchObject({ store: 'redis' });
  });

  it('does not queue while the server is away: the answer is no, at once', async () => {
    await proxy.set({ kind: 'refuse' });
    await isGone();
    const probe = connection.probe();

    expect(await milliseconds(probe)).toBeLessThan(50);
    await expect(probe).rejects.toThrow(StoreUnavailableError);
  });

  it('comes back by itself', async () => {
    await proxy.set({ kind: 'refuse' });
    await isGone();
    await proxy.set({ kind: 'pass' });
    await isBack();

    await expect(connection.probe()).resolves.toMatchObject({ connection: 'ready' });
  });

  it('writes one line per change, not one per failed attempt', async () => {
    await proxy.set({ kind: 'reset' });
    await isGone();
    const seen = proxy.counters.connections;
    await eventually(() => proxy.counters.connections >= seen + 3, { describe: 'three more attempts' });
    await proxy.set({ kind: 'pass' });
    await isBack();

    expect(events()).toEqual(['redis.available', 'redis.unavailable', 'redis.available']);
  });

  it('is not available after it was closed', async () => {
    await connection.close();
    await isGone();

    await expect(connection.probe()).rejects.toThrow(StoreUnavailableError);
  });

  it('without a configuration is lastingly away, without a word', async () => {
    const absent = new RedisConnection(null, new Log(createLogger('silent')), new SystemClock());
    absent.open();

    expect(absent.isConfigured).toBe(false);
    expect(absent.isAvailable).toBe(false);
    await expect(absent.probe()).rejects.toThrow(StoreUnavailableError);
    await expect(absent.close()).resolves.toBeUndefined();
  });

  it('v5.0.0-16.2.5 writes no password when it cannot connect', async () => {
    await proxy.set({ kind: 'refuse' });
    const url = proxy.through('redis://user:SENTINEL@127.0.0.1:1/0');
    const log = new Log(createLogger('trace', { write: (line: string) => void lines.push(line) }));
    const refused = new RedisConnection({ url, password: 'SENTINEL', tls: false }, log, new SystemClock());
    const seen = lines.length;
    refused.open();
    await expect(refused.probe()).rejects.toThrow(StoreUnavailableError);
    await refused.close();

    expect(lines.slice(seen).join('')).not.toContain('SENTINEL');
  });
});
