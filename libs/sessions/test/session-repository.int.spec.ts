import { type OpenStore, openStores } from '@app/testing';
import { DrizzleSessionRepository } from '../src/index.js';
import { PostgresBulkEnds } from '../src/infrastructure/postgres/postgres-bulk-ends.js';
import { PostgresSessionDirectory } from '../src/infrastructure/postgres/postgres-session-directory.js';
import { bulkEndsContract } from '../src/testing/bulk-ends-contract.js';
import { sessionDirectoryContract } from '../src/testing/session-directory-contract.js';
import { sessionRepositoryContract } from '../src/testing/session-repository-contract.js';
import { insertUser } from './authority-stand.js';

describe.each(openStores)(`${DrizzleSessionRepository.name} on %s`, (_driver, open) => {
  let store: OpenStore;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  describe(PostgresSessionDirectory.name, () => {
    sessionDirectoryContract(() => ({
      sessions: new DrizzleSessionRepository(store.database),
      directory: PostgresSessionDirectory.reaching(store.database, { stretch: 3, perPage: 2 }),
      work: store.database,
      aUser: () => insertUser(store.database),
    }));
  });

  describe(PostgresBulkEnds.name, () => {
    bulkEndsContract(() => new PostgresBulkEnds(store.database));
  });

  sessionRepositoryContract(() => ({
    sessions: new DrizzleSessionRepository(store.database),
    work: store.database,
    aUser: () => insertUser(store.database),
  }));
});
