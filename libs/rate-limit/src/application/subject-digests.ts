import { createHmac } from 'node:crypto';
import { ServerSecret } from '@app/kernel';
import { Injectable } from '@nestjs/common';

const maxRemembered = 10_000;
const digestBytes = 16;

/**
 * Subjects as stores see them: HMAC-SHA-256 under a key of the server, 128 bits. A plain hash of an address or an
 * e-mail could be found by trying them all.
 */
@Injectable()
export class SubjectDigests {
  private readonly key: Buffer;
  private readonly remembered = new Map<string, string>();

  constructor(secret: ServerSecret) {
    this.key = secret.deriveKey('rollcall/rate-limit-subject/v1');
  }

  of(subject: string): string {
    const known = this.remembered.get(subject);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', this.key)
      .update(subject)
      .digest()
      .subarray(0, digestBytes)
      .toString('base64url');
    if (this.remembered.size >= maxRemembered) this.remembered.clear();
    this.remembered.set(subject, digest);
    return digest;
  }
}
