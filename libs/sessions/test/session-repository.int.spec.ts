import { type OpenStore, openStores } from '@app/testing';
import { DrizzleSessionRepository } from '../src/index.js';
import { sessionRepositoryContract } from '../src/testing/session-repository-contract.js';
import { insertUser } from './authority-stand.js';

describe.each(openStores)(`${DrizzleSessionRepository.name} on %s`, (_driver, open) => {
  let store: OpenStore;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  sessionRepositoryContract(() => ({
    sessions: new DrizzleSessionRepository(store.database),
    work: store.database,
    aUser: () => insertUser(store.database),
  }));
});
