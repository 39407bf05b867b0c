import { UnitOfWork } from '@app/kernel';
import { signingKeyRepositoryContract } from './signing-key-repository-contract.js';
import { SigningKeysInMemory } from './signing-keys-in-memory.js';

class NoTransaction extends UnitOfWork {
  run<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  afterCommit(effect: () => void): void {
    effect();
  }
}

describe(SigningKeysInMemory.name, () => {
  let keys = new SigningKeysInMemory();

  signingKeyRepositoryContract(() => ({
    keys,
    work: new NoTransaction(),
    retireAll: async () => keys.retireAll(),
    clear: async () => {
      keys = new SigningKeysInMemory();
    },
  }));
});
