import { createHmac } from 'node:crypto';
import { ServerSecret } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { Seal } from '../../domain/chain.js';

/** HMAC-SHA-256 (RFC 2104) under a key of its own: whoever has the database and not SECRET_KEY can forge nothing. */
@Injectable()
export class HmacSeal extends Seal {
  private readonly key: Buffer;

  constructor(secret: ServerSecret) {
    super();
    this.key = secret.deriveKey('rollcall/audit/v1');
  }

  of(text: string): string {
    return createHmac('sha256', this.key).update(text, 'utf8').digest('hex');
  }
}
