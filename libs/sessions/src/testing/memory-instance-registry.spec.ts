import { instanceRegistryContract } from './instance-registry.contract.js';
import { MemoryInstanceRegistry } from './memory-instance-registry.js';

describe(MemoryInstanceRegistry, () => {
  const registry = new MemoryInstanceRegistry();

  instanceRegistryContract(() => registry);
});
