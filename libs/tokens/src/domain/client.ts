/**
 * What a client is for. `resource`: a service that is shown access tokens and asks whether they are good.
 * `application`: acts for people who signed in, so it also holds refresh tokens and may revoke.
 */
export const clientKinds = ['resource', 'application'] as const;
export type ClientKind = (typeof clientKinds)[number];

/** A service that may ask about tokens (RFC 6749 §2, confidential). */
export interface Client {
  /** Public, e.g. in logs. */
  readonly id: string;
  readonly name: string;
  readonly kind: ClientKind;
  readonly createdAt: Date;
  readonly secretChangedAt: Date;
  readonly disabledAt: Date | null;
}

/** A client as stored: of its secrets only keyed digests. */
export interface StoredClient extends Client {
  readonly secretDigest: Buffer;
  /** Still accepted, so that a secret can be changed without a moment in which neither works. */
  readonly previousSecretDigest: Buffer | null;
}

export abstract class ClientRepository {
  /** Oldest first. */
  abstract list(): Promise<StoredClient[]>;
  abstract insert(client: StoredClient): Promise<void>;
  /**
   * Stores what `change` makes of the client while nobody else can change it; the id stays. Null if there is no
   * such client.
   */
  abstract change(id: string, change: (client: StoredClient) => StoredClient): Promise<StoredClient | null>;
}
