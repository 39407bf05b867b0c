import { randomUUID } from 'node:crypto';
import { type UserId } from '@app/kernel';
import { eventually, FakeClock, type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import {
  DrizzleRevokedTokenRepository,
  DrizzleSigningKeyRepository,
  keyTiming,
  SigningKeyRotation,
} from '../src/index.js';
import { DrizzleClientRepository } from '../src/infrastructure/postgres/drizzle-client-repository.js';
import { PostgresChangeSource } from '../src/infrastructure/postgres/postgres-change-source.js';
import { aClient, clientRepositoryContract } from '../src/testing/client-repository-contract.js';
import { startKeys } from '../src/testing/key-parts.js';
import { revokedTokenRepositoryContract } from '../src/testing/revoked-token-repository-contract.js';
import { signingKeyRepositoryContract } from '../src/testing/signing-key-repository-contract.js';

describe.each(openStores)('on %s', (_driver, open) => {
  const userId = randomUUID() as UserId;
  const clock = new FakeClock();
  let store: OpenStore;

  beforeAll(async () => {
    store = await open();
    // Users are none of this lib's business, but the database insists on one.
    await store.database.query((orm) =>
      orm.execute(sql`
        insert into users (id, email, email_normalized, role, password_hash, created_at, updated_at)
        values (${userId}, 'ann', 'ann', 'user', '', now(), now())`),
    );
  });

  afterAll(() => store.close());

  const clear = async (): Promise<void> => {
    await store.database.query((orm) => orm.execute(sql`truncate signing_keys`));
  };

  describe(DrizzleSigningKeyRepository.name, () => {
    signingKeyRepositoryContract(() => ({
      keys: new DrizzleSigningKeyRepository(store.database),
      clear,
    }));
  });

  describe(DrizzleRevokedTokenRepository.name, () => {
    revokedTokenRepositoryContract(() => ({
      tokens: new DrizzleRevokedTokenRepository(store.database),
      work: store.database,
      userId,
    }));
  });

  describe(DrizzleClientRepository.name, () => {
    clientRepositoryContract(() => ({
      clients: new DrizzleClientRepository(store.database),
      clear: async () => {
        await store.database.query((orm) => orm.execute(sql`truncate oauth_clients`));
      },
    }));
  });

  describe(PostgresChangeSource.name, () => {
    let source: PostgresChangeSource;

    beforeAll(() => {
      source = new PostgresChangeSource(store.database);
    });
    afterAll(() => source.close());

    it('gives another fingerprint, and a hint, after each change of keys or clients', async () => {
      await clear();
      const { rotation, ring } = await startKeys(clock, new DrizzleSigningKeyRepository(store.database));
      const clients = new DrizzleClientRepository(store.database);
      const start = await source.fingerprints();
      let hints = 0;
      source.onHint(() => (hints += 1));
      await rotation.withdraw(ring.signingKey().kid);
      const afterKeys = await source.fingerprints();
      await clients.insert(aClient('rc_watched'));
      const afterClients = await source.fingerprints();
      await clients.change('rc_watched', (client) => ({ ...client, disabledAt: new Date() }));

      expect(afterKeys).toEqual({ keys: expect.not.stringMatching(start.keys), clients: start.clients });
      expect(afterClients.keys).toBe(afterKeys.keys);
      expect(afterClients.clients).not.toBe(afterKeys.clients);
      expect((await source.fingerprints()).clients).not.toBe(afterClients.clients);
      expect(await source.fingerprints()).toEqual(await source.fingerprints());
      await eventually(() => hints >= 3, { describe: 'three hints have been heard' });
    });
  });

  describe(SigningKeyRotation.name, () => {
    it('agrees on one key and one successor when several instances start at once on an empty database', async () => {
      await clear();
      const parts = await Promise.all(
        [1, 2, 3, 4].map(() => startKeys(clock, new DrizzleSigningKeyRepository(store.database))),
      );

      expect(new Set(parts.map(({ ring }) => ring.signingKey().kid)).size).toBe(1);
      expect(parts.map(({ ring }) => ring.published().keys.length)).toEqual([2, 2, 2, 2]);
    });

    it('v5.0.0-15.4.2 makes one new key when several instances rotate at the same moment', async () => {
      await clear();
      const own = new FakeClock();
      const parts = await Promise.all(
        [1, 2, 3, 4].map(() => startKeys(own, new DrizzleSigningKeyRepository(store.database))),
      );
      own.advance(keyTiming.lead * 1000);
      await Promise.all(parts.map(({ rotation }) => rotation.rotate()));

      const states = (await parts[0]!.rotation.list()).map(({ state }) => state).toSorted();
      expect(states).toEqual(['next', 'retired', 'signing']);
    });
  });
});
