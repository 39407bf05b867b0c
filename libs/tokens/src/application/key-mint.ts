import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Clock, type Sealer, ServerSecret, UnsealError } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { PublicJwk, StoredSigningKey } from '../domain/signing-key.js';

/** The stored signing keys do not open with this SECRET_KEY; the message is one line for the operator. */
export class WrongSecretKeyError extends Error {}

/** Makes key pairs and opens their sealed halves. */
@Injectable()
export class KeyMint {
  private readonly sealer: Sealer;

  constructor(
    private readonly clock: Clock,
    secret: ServerSecret,
  ) {
    this.sealer = secret.sealer('rollcall/signing-keys/v1');
  }

  /** A successor, as long as nobody gives it its turn. */
  make(): StoredSigningKey {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const publicJwk: PublicJwk = { kty: 'EC', crv: 'P-256', x: jwk.x!, y: jwk.y! };
    const kid = thumbprint(publicJwk);
    return {
      kid,
      publicJwk,
      sealedPrivateKey: this.sealer.seal(privateKey.export({ format: 'der', type: 'pkcs8' }), kid),
      createdAt: this.clock.now(),
      signsFrom: null,
      retiredAt: null,
      withdrawnAt: null,
    };
  }

  /** Throws WrongSecretKeyError. */
  open({ kid, sealedPrivateKey }: StoredSigningKey): KeyObject {
    if (!sealedPrivateKey) throw new Error('the private half of a key that signs nothing is gone');
    try {
      const der = this.sealer.open(sealedPrivateKey, kid);
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
