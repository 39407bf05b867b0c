import { createHmac, type KeyObject, sign } from 'node:crypto';
import { claimsIn, headerIn } from './claims.js';

type Members = Record<string, unknown>;

export interface Forgery {
  /** Members to set; `undefined` removes one. */
  readonly header?: Members;
  readonly claims?: Members;
  /** ES256 with this key, unless told otherwise. */
  readonly key?: KeyObject;
  readonly signature?: (signed: Buffer) => Buffer;
}

/** Makes tokens that differ from a genuine one in exactly what a test asks for, signed with the genuine key. */
export class TokenForge {
  private readonly header: Members;
  private readonly claims: Members;

  constructor(
    genuine: string,
    private readonly key: KeyObject,
  ) {
    this.header = headerIn(genuine);
    this.claims = claimsIn(genuine);
  }

  make({ header = {}, claims = {}, key = this.key, signature = es256(key) }: Forgery): string {
    return this.seal(
      JSON.stringify({ ...this.header, ...header }),
      JSON.stringify({ ...this.claims, ...claims }),
      signature,
    );
  }

  /** Header and payload as these very texts. */
  seal(header: string, payload: string, signature = es256(this.key)): string {
    const signed = `${base64url(header)}.${base64url(payload)}`;
    return `${signed}.${signature(Buffer.from(signed)).toString('base64url')}`;
  }
}

function es256(key: KeyObject): (signed: Buffer) => Buffer {
  return (signed) => sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' });
}

export function derEncoded(key: KeyObject): (signed: Buffer) => Buffer {
  return (signed) => sign('sha256', signed, { key, dsaEncoding: 'der' });
}

export function hs256(secret: string | Buffer): (signed: Buffer) => Buffer {
  return (signed) => createHmac('sha256', secret).update(signed).digest();
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
