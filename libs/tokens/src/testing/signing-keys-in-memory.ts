import { SigningKeyRepository, type StoredSigningKey } from '../domain/signing-key.js';

/** Signing keys that live as long as the test. Passes the contract of the port. */
export class SigningKeysInMemory extends SigningKeyRepository {
  private readonly keys: (StoredSigningKey & { retired: boolean })[] = [];

  async listCurrent(): Promise<StoredSigningKey[]> {
    return this.keys.toSorted((left, right) => right.createdAt.getTime() - left.createdAt.getTime());
  }

  async insertUnlessActive(key: StoredSigningKey): Promise<void> {
    if (!this.keys.some(({ retired }) => !retired)) this.keys.push({ ...key, retired: false });
  }

  /** Makes room for another active key. */
  retireAll(): void {
    this.keys.forEach((key) => (key.retired = true));
  }
}
