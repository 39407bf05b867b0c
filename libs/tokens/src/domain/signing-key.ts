/** Public half in JWK members (RFC 7517), as published. */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

/** A key pair as stored; the private half is sealed with the server secret. */
export interface StoredSigningKey {
  /** RFC 7638 thumbprint of the public half. */
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  /** Null once the key signs nothing any more. */
  readonly sealedPrivateKey: Buffer | null;
  /** It is published from then on. */
  readonly createdAt: Date;
  /** Null while it is the successor. */
  readonly signsFrom: Date | null;
  readonly retiredAt: Date | null;
  /** None of its tokens counts from then on, however young. */
  readonly withdrawnAt: Date | null;
}

/** What to do to the stored keys, all or nothing, in this order. */
export interface KeyChanges {
  /** Added, or replaced by kid. */
  readonly put: readonly StoredSigningKey[];
  readonly remove: readonly string[];
}

export const noChanges: KeyChanges = { put: [], remove: [] };

export abstract class SigningKeyRepository {
  /** Newest first. */
  abstract list(): Promise<StoredSigningKey[]>;
  /**
   * Applies what `decide` makes of the keys as they stand while nobody else, on whatever instance, can change
   * them. May ask it more than once. Passes on what it throws, and then nothing has changed. What `record` writes about
   * changes, if there are any, takes effect together with them.
   */
  abstract change(
    decide: (keys: readonly StoredSigningKey[]) => KeyChanges,
    record?: (changes: KeyChanges) => Promise<void>,
  ): Promise<void>;
}
