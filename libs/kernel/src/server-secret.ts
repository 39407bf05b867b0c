import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;

/** A sealed value that this key cannot open: another SECRET_KEY, or the bytes were changed. */
export class UnsealError extends Error {}

/**
 * The server's root secret (SECRET_KEY). It is never used itself: each purpose gets its own key by HKDF-SHA-256
 * (RFC 5869), so a key leaked from one use tells nothing about another.
 */
export class ServerSecret {
  constructor(private readonly root: Buffer) {}

  /** 32 bytes bound to `purpose`, e.g. `rollcall/refresh-token/v1`. Changing a purpose invalidates what it made. */
  deriveKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.root, Buffer.alloc(0), purpose, 32));
  }

  sealer(purpose: string): Sealer {
    return new Sealer(this.deriveKey(purpose));
  }
}

/** AES-256-GCM with a random 96-bit nonce per value: `nonce || ciphertext || tag`. */
export class Sealer {
  constructor(private readonly key: Buffer) {}

  /** `context` is authenticated, not stored: a value sealed for one row cannot be moved to another. */
  seal(plain: Buffer, context: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(context));
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws UnsealError when key, context or bytes do not match. */
  open(sealed: Buffer, context: string): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      }).setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(-tagBytes));
      return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]);
    } catch (cause) {
      throw new UnsealError('The sealed value does not open with this SECRET_KEY.', { cause });
    }
  }
}
