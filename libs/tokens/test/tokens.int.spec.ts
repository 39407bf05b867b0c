import { randomUUID } from 'node:crypto';
import { ServerSecret, type UserId } from '@app/kernel';
import { FakeClock, type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { DrizzleRevokedTokenRepository, DrizzleSigningKeyRepository, KeyRing } from '../src/index.js';
import { revokedTokenRepositoryContract } from '../src/testing/revoked-token-repository-contract.js';
import { signingKeyRepositoryContract } from '../src/testing/signing-key-repository-contract.js';

describe.each(openStores)('on %s', (_driver, open) => {
  const userId = randomUUID() as UserId;
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
      work: store.database,
      retireAll: async () => {
        await store.database.query((orm) => orm.execute(sql`update signing_keys set retired_at = now()`));
      },
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

  describe(KeyRing.name, () => {
    it('agrees on one key when several instances start at once on an empty database', async () => {
      await clear();
      const secret = new ServerSecret(Buffer.from('a root secret that only these tests use'));
      const rings = Array.from(
        { length: 4 },
        () => new KeyRing(new DrizzleSigningKeyRepository(store.database), new FakeClock(), secret),
      );
      await Promise.all(rings.map((ring) => ring.onModuleInit()));

      expect(new Set(rings.map((ring) => ring.signingKey().kid)).size).toBe(1);
      expect(rings.map((ring) => ring.jwks().length)).toEqual([1, 1, 1, 1]);
    });
  });
});
