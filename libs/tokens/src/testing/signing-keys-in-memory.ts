import { type KeyChanges, SigningKeyRepository, type StoredSigningKey } from '../domain/signing-key.js';

/** Signing keys that live as long as the test. Passes the contract of the port. */
export class SigningKeysInMemory extends SigningKeyRepository {
  private keys: readonly StoredSigningKey[] = [];

  async list(): Promise<StoredSigningKey[]> {
    return this.sorted();
  }

  async change(
    decide: (keys: readonly StoredSigningKey[]) => KeyChanges,
    record: (changes: KeyChanges) => Promise<void> = async () => undefined,
  ): Promise<void> {
    const changes = decide(this.sorted());
    const { put, remove } = changes;
    const replaced = new Set([...put.map(({ kid }) => kid), ...remove]);
    this.keys = [...this.keys.filter(({ kid }) => !replaced.has(kid)), ...put];
    if (put.length + remove.length > 0) await record(changes);
  }

  private sorted(): StoredSigningKey[] {
    return this.keys.toSorted((left, right) => right.createdAt.getTime() - left.createdAt.getTime());
  }
}
