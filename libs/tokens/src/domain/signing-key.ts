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
  readonly sealedPrivateKey: Buffer;
  readonly createdAt: Date;
}

export abstract class SigningKeyRepository {
  /** Keys whose tokens may still be alive, newest first. */
  abstract listCurrent(): Promise<StoredSigningKey[]>;
  /** Stores the key unless an active one exists; of several callers at once exactly one succeeds. */
  abstract insertUnlessActive(key: StoredSigningKey): Promise<void>;
}
