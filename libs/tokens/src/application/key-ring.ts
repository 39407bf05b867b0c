import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { Clock, patiently, type Sealer, ServerSecret, UnsealError } from '@app/kernel';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type PublicJwk, SigningKeyRepository, type StoredSigningKey } from '../domain/signing-key.js';

/** The stored signing keys do not open with this SECRET_KEY; the message is one line for the operator. */
export class WrongSecretKeyError extends Error {}

export interface Jwk extends PublicJwk {
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/**
 * The ES256 keys of this installation, made once and shared by all instances through Postgres. Held as
 * KeyObjects: handing PEM text to the signer would parse it on each call.
 */
@Injectable()
export class KeyRing implements OnModuleInit {
  private readonly sealer: Sealer;
  private active: SigningKey | null = null;
  private publicKeys = new Map<string, KeyObject>();
  private published: readonly Jwk[] = [];

  constructor(
    private readonly repository: SigningKeyRepository,
    private readonly clock: Clock,
    secret: ServerSecret,
  ) {
    this.sealer = secret.sealer('rollcall/signing-keys/v1');
  }

  async onModuleInit(): Promise<void> {
    await patiently(() => this.load());
  }

  private async load(): Promise<void> {
    let stored = await this.repository.listCurrent();
    if (stored.length === 0) {
      await this.repository.insertUnlessActive(this.generate());
      stored = await this.repository.listCurrent();
    }
    this.use(stored);
  }

  signingKey(): SigningKey {
    if (!this.active) throw new Error('the key ring is used before it is loaded');
    return this.active;
  }

  /** Null for a key that is not ours; costs no look-up elsewhere, so unknown kids cannot cause load. */
  publicKey(kid: string): KeyObject | null {
    return this.publicKeys.get(kid) ?? null;
  }

  /** The public halves for `/.well-known/jwks.json`. */
  jwks(): readonly Jwk[] {
    return this.published;
  }

  private generate(): StoredSigningKey {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const publicJwk: PublicJwk = { kty: 'EC', crv: 'P-256', x: jwk.x!, y: jwk.y! };
    const kid = thumbprint(publicJwk);
    const sealedPrivateKey = this.sealer.seal(privateKey.export({ format: 'der', type: 'pkcs8' }), kid);
    return { kid, publicJwk, sealedPrivateKey, createdAt: this.clock.now() };
  }

  private use(stored: readonly StoredSigningKey[]): void {
    const newest = stored[0];
    if (!newest) throw new Error('no signing key exists although one was just stored');
    this.active = { kid: newest.kid, privateKey: this.unseal(newest) };
    this.publicKeys = new Map(
      stored.map((key) => [key.kid, createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' })]),
    );
    this.published = stored.map((key) => ({ ...key.publicJwk, kid: key.kid, use: 'sig', alg: 'ES256' }));
  }

  private unseal(key: StoredSigningKey): KeyObject {
    try {
      const der = this.sealer.open(key.sealedPrivateKey, key.kid);
      return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    } catch (cause) {
      if (!(cause instanceof UnsealError)) throw cause;
      throw new WrongSecretKeyError(
        'SECRET_KEY does not open the signing keys in the database. Use the key the database was set up with.',
        { cause },
      );
    }
  }
}

/** RFC 7638: SHA-256 over the required members in lexical order. */
function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
