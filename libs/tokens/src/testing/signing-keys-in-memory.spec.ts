import { signingKeyRepositoryContract } from './signing-key-repository-contract.js';
import { SigningKeysInMemory } from './signing-keys-in-memory.js';

describe(SigningKeysInMemory.name, () => {
  let keys = new SigningKeysInMemory();

  signingKeyRepositoryContract(() => ({
    keys,
    clear: async () => {
      keys = new SigningKeysInMemory();
    },
  }));
});
