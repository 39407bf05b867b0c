import { type KeyChanges, SigningKeyRepository, type StoredSigningKey } from '../domain/signing-key.js';

/** Signing keys that live as long as the test. Passes the contract of the port. */
export class SigningKeysInMemory extends SigningKeyRepository {
  private keys: readonly StoredSigningKey[] = [];

  async list(): Promise<StoredSigningKey[]> {
    return this.sorted();
  }

  async change(decide: (keys: readonly StoredSigningKey[]) => KeyChanges): Promise<void> {
    const { put, remove } = decide(this.sorted());
    const replaced = new Set([...put.map(({ kid }) => kid), ...remove]);
    this.keys = [...this.keys.filter(({ kid }) => !replaced.has(kid)), ...put];
  }

  private sorted(): StoredSigningKey[] {
    return this.keys.toSorted((left, right) => right.createdAt.getTime() - left.createdAt.getTime());
  }
}
