import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { isPublished, keyIn, lastTokenDies } from '../domain/key-schedule.js';
import { type PublicJwk, SigningKeyRepository, type StoredSigningKey } from '../domain/signing-key.js';
import { KeyMint } from './key-mint.js';

export interface Jwk extends PublicJwk {
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'ES256';
}

/** What `/.well-known/jwks.json` answers. */
export interface PublishedKeys {
  readonly keys: readonly Jwk[];
  /** Strong entity tag (RFC 9110 §8.8.3): changes exactly when the keys do. */
  readonly etag: string;
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

interface VerifyingKey {
  readonly publicKey: KeyObject;
  /** No genuine token of this key lives longer; null while it may sign. */
  readonly lastTokenDies: Date | null;
}

/**
 * The ES256 keys of this installation as this instance knows them; the same rows on all instances. Held as
 * KeyObjects: handing PEM text to the signer would parse it on each call.
 */
@Injectable()
export class KeyRing {
  private stored: readonly StoredSigningKey[] = [];
  private active: SigningKey | null = null;
  private verifying = new Map<string, VerifyingKey>();

  constructor(
    private readonly repository: SigningKeyRepository,
    private readonly mint: KeyMint,
    private readonly clock: Clock,
  ) {}

  /** Reads the keys anew. Rejects with WrongSecretKeyError, and then nothing has changed here. */
  async load(): Promise<void> {
    const stored = await this.repository.list();
    const signing = keyIn('signing', stored);
    if (signing && signing.kid !== this.active?.kid)
      this.active = { kid: signing.kid, privateKey: this.mint.open(signing) };
    this.verifying = new Map(
      stored.filter((key) => key.withdrawnAt === null).map((key) => [key.kid, toVerifying(key)]),
    );
    this.stored = stored;
  }

  /** The rows as last read, newest first. */
  get known(): readonly StoredSigningKey[] {
    return this.stored;
  }

  /** Null before the first key. */
  get signingKid(): string | null {
    return this.active?.kid ?? null;
  }

  signingKey(): SigningKey {
    if (!this.active) throw new Error('the key ring is used before it is loaded');
    return this.active;
  }

  /** Null for a key that is not ours or was withdrawn. Asks nobody, so unknown kids cannot cause load. */
  verifyingKey(kid: string): VerifyingKey | null {
    return this.verifying.get(kid) ?? null;
  }

  /** The public halves of all keys whose tokens may be alive, now or before the next look. */
  published(): PublishedKeys {
    const now = this.clock.now();
    const keys = this.stored
      .filter((key) => isPublished(key, now))
      .map(({ publicJwk, kid }) => ({ ...publicJwk, kid, use: 'sig', alg: 'ES256' }) as const);
    const kids = keys.map(({ kid }) => kid).join();
    return { keys, etag: `"${createHash('sha256').update(kids).digest('base64url')}"` };
  }
}

function toVerifying(key: StoredSigningKey): VerifyingKey {
  return {
    publicKey: createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' }),
    lastTokenDies: lastTokenDies(key),
  };
}
