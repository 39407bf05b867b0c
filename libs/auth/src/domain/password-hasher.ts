/** Argon2id, or whatever succeeds it. Costly on purpose: tens of milliseconds of one core. */
export abstract class PasswordHasher {
  /** PHC string. Rejects with OverloadedError when too many hashes are waiting. */
  abstract hash(password: string): Promise<string>;
  /** Rejects with OverloadedError when too many hashes are waiting. */
  abstract verify(password: string, hash: string): Promise<boolean>;
  /** True if the hash was made with weaker parameters than today's. */
  abstract isOutdated(hash: string): boolean;
}
