import { CryptoRandomSource, ServerSecret, StoreUnavailableError, SystemClock } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { createLogger, Log } from '@app/telemetry';
import { eventually, FakeClock, FaultProxy, RedisProcess } from '@app/testing';
import type { CachedSession } from '../src/domain/coherence/entry-store.js';
import { RedisEntryStore } from '../src/infrastructure/redis/redis-entry-store.js';
import { sessionKeys } from '../src/infrastructure/redis/session-keys.js';
import { aCachedSession, keyOf } from '../src/testing/builders.js';
import { burialOf, entryStoreContract } from '../src/testing/entry-store.contract.js';

const nameOf = ({ userId, sessionId }: CachedSession): string => sessionKeys.session(userId, sessionId);

describe(RedisEntryStore, () => {
  let server: RedisProcess;
  let proxy: FaultProxy;
  let store: RedisEntryStore;
  const connections: RedisConnection[] = [];

  /** Entries live by the wall clock of the fake, which stands at the beginning of 2026. */
  async function storeAt(url: string, secret = 'a'): Promise<RedisEntryStore> {
    const redis = new RedisConnection(
      { url, tls: false },
      new Log(createLogger('silent')),
      new SystemClock(),
    );
    connections.push(redis);
    redis.open();
    await eventually(() => redis.isAvailable, { describe: 'Redis is available' });
    const root = new ServerSecret(Buffer.from(secret.repeat(32)));
    return new RedisEntryStore(redis, new FakeClock(), new CryptoRandomSource(), root);
  }

  const fill = async (entry: CachedSession): Promise<CachedSession> => {
    await store.fill(entry, await store.renewEpoch(entry.userId));
    return entry;
  };
  const entryOf = async (entry: CachedSession): Promise<CachedSession | null> =>
    (await store.lookup(keyOf(entry))).entry;

  beforeAll(async () => {
    server = await RedisProcess.start();
    proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: server.port } });
    store = await storeAt(server.url);
  });
  afterAll(async () => {
    await Promise.all(connections.map((redis) => redis.close()));
    await proxy.close();
    await server.stop();
  });

  entryStoreContract(() => store);

  it('lets entries live for three hours and tombstones for longer', async () => {
    const entry = await fill(aCachedSession());
    expect(Number(await server.command('PTTL', nameOf(entry)))).toBeGreaterThan(3 * 3_600_000 - 5_000);
    await store.bury(burialOf(entry));
    const tombstone = sessionKeys.ended(entry.userId, entry.sessionId);
    expect(Number(await server.command('PTTL', tombstone))).toBeGreaterThan(3 * 3_600_000 + 60_000);
  });

  it('lets no entry outlive its session', async () => {
    const entry = await fill(aCachedSession({ expiresAt: new Date('2026-01-01T00:01:00Z') }));
    expect(Number(await server.command('PTTL', nameOf(entry)))).toBeLessThanOrEqual(60_000);
  });

  it('asks once per look-up', async () => {
    const calls = async (): Promise<number> =>
      Number(/cmdstat_mget:calls=(\d+)/.exec(String(await server.command('INFO', 'commandstats')))?.[1] ?? 0);
    const entry = await fill(aCachedSession());
    const before = await calls();
    await entryOf(entry);
    expect(await calls()).toBe(before + 1);
  });

  it.each([
    ['a list', ['LPUSH', 'x']],
    ['a hash', ['HSET', 'field', 'x']],
    ['garbage', ['SET', '{']],
    ['a text of another schema', ['SET', '{"version":0}']],
  ])('takes %s for a miss and replaces it', async (_, [command = '', ...values]) => {
    const entry = aCachedSession();
    await server.command(command, nameOf(entry), ...values);
    expect(await entryOf(entry)).toBeNull();
    await fill(entry);
    expect(await entryOf(entry)).toEqual(entry);
  });

  it.each([
    ['SET', '{'],
    ['LPUSH', 'x'],
  ])('buries over whatever %s has left in place of a tombstone', async (command, value) => {
    const entry = await fill(aCachedSession());
    const { userId, sessionId } = entry;
    await server.command(command, sessionKeys.ended(userId, sessionId), value);
    await server.command(command, sessionKeys.endedUser(userId), value);
    const end = { at: new Date(0), reason: 'admin' } as const;
    await store.bury({ ...burialOf(entry), generation: { minimum: 1, end } });
    expect(await store.lookup(keyOf(entry))).toMatchObject({
      entry: null,
      ended: { reason: 'admin' },
      generation: { minimum: 1 },
    });
  });

  it('takes an entry that was copied to another session for a miss', async () => {
    const [mine, yours] = [await fill(aCachedSession()), aCachedSession()];
    await server.command('COPY', nameOf(mine), nameOf(yours));
    expect(await entryOf(yours)).toBeNull();
    expect(await entryOf(mine)).toEqual(mine);
  });

  it('believes nothing that was written with another secret', async () => {
    const foreign = await storeAt(server.url, 'b');
    const entry = aCachedSession();
    await foreign.fill(entry, await foreign.renewEpoch(entry.userId));
    expect(await entryOf(entry)).toBeNull();
  });

  it('buries when memory is full, while fills are refused', async () => {
    const [gone, late] = [await fill(aCachedSession()), aCachedSession()];
    const epoch = await store.renewEpoch(late.userId);
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(store.fill(late, epoch)).rejects.toBeInstanceOf(StoreUnavailableError);
    await store.bury(burialOf(gone));
    expect(await store.lookup(keyOf(gone))).toMatchObject({ entry: null, ended: { reason: 'admin' } });
    expect(store.isUsable).toBe(true);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
  });

  /** @see https://github.com/express-rate-limit/rate-limit-redis/issues/144 */
  it('sends its scripts again to a server that has forgotten them', async () => {
    const entry = aCachedSession();
    await server.command('SCRIPT', 'FLUSH');
    await fill(entry);
    expect(await entryOf(entry)).toEqual(entry);
    await server.command('SCRIPT', 'FLUSH');
    await store.bury(burialOf(entry));
    expect(await entryOf(entry)).toBeNull();
  });

  /**
   * @see https://github.com/better-auth/better-auth/issues/11073
   * @see https://github.com/keycloak/keycloak/issues/51127
   */
  it('is not revived by a fill whose sender gave up long before it lands', async () => {
    const entry = await fill(aCachedSession());
    const late = await storeAt(proxy.through(server.url));
    const epoch = await late.renewEpoch(entry.userId);
    await proxy.set({ kind: 'hold', direction: 'upstream' });
    const newer = { ...entry, position: 9_999 };
    // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type -- this fills a cache, not an array
    await expect(late.fill(newer, epoch)).rejects.toBeInstanceOf(StoreUnavailableError);
    await store.bury(burialOf(entry));
    await proxy.set({ kind: 'pass' });
    await eventually(() => proxy.heldBytes.upstream === 0, { describe: 'the fill has landed' });
    await late.lookup(keyOf(entry)).catch(() => undefined);
    expect(await store.lookup(keyOf(entry))).toMatchObject({ entry: null, ended: { reason: 'admin' } });
  });

  it('is not filled by a sender from before a flush', async () => {
    const entry = aCachedSession();
    const epoch = await store.renewEpoch(entry.userId);
    await store.bury(burialOf(entry));
    await server.command('FLUSHALL');
    await store.fill(entry, epoch);
    expect(await entryOf(entry)).toBeNull();
    expect(await store.renewEpoch(entry.userId)).not.toBe(epoch);
    await store.fill(entry, epoch);
    expect(await entryOf(entry)).toBeNull();
  });

  describe('after a flush', () => {
    it('has no epoch until it is renewed, and grows suspicious', async () => {
      const verified = await store.verify();
      const entry = aCachedSession();
      await server.command('FLUSHALL');
      const { suspicion } = store;
      expect((await store.lookup(keyOf(entry))).place.epoch).toBeNull();
      expect(store.suspicion).toBeGreaterThan(suspicion);
      expect(await store.renewEpoch(entry.userId)).not.toBe(verified?.epochs[0xab]);
    });

    it('verifies to another identity, the same for everybody', async () => {
      const before = await store.verify();
      await server.command('FLUSHALL');
      const other = await storeAt(server.url);
      const [one, two] = await Promise.all([store.verify(), other.verify()]);
      expect(one).toEqual(two);
      expect(one?.runId).toBe(before?.runId);
      expect(one?.epochs.some((epoch, partition) => epoch === before?.epochs[partition])).toBe(false);
    });
  });

  it('does not grow suspicious of what stays as it was verified', async () => {
    await store.verify();
    const { suspicion } = store;
    for (let index = 0; index < 20; index += 1) await fill(aCachedSession());
    expect(store.suspicion).toBe(suspicion);
  });

  it('holds neither e-mail address nor token under a name that tells them', async () => {
    const entry = await fill(aCachedSession());
    const names = (await server.command('KEYS', '*')) as string[];
    expect(names.filter((name) => !/^(session|ended|ended_user|blacklist|epoch):\{\d+\}/.test(name))).toEqual(
      [],
    );
    expect(names).toContain(nameOf(entry));
  });
});
