import { createHmac, timingSafeEqual } from 'node:crypto';
import { RandomSource, ServerSecret } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { StoredClient } from '../domain/client.js';

/** Lets scanners of repositories and logs recognise a secret that got there. */
const prefix = 'rcs_';

/**
 * Secrets of 256 random bits need no slow hash: nobody can guess them. The digest is keyed all the same, so that a
 * copy of the database cannot be asked whether a secret found elsewhere is one of ours.
 */
@Injectable()
export class ClientSecrets {
  private readonly key: Buffer;

  constructor(
    private readonly random: RandomSource,
    secret: ServerSecret,
  ) {
    this.key = secret.deriveKey('rollcall/client-secret/v1');
  }

  make(): string {
    return `${prefix}${this.random.bytes(32).toString('base64url')}`;
  }

  digest(clientId: string, secret: string): Buffer {
    return createHmac('sha256', this.key).update(clientId).update('\0').update(secret).digest();
  }

  /** Constant time, also for a client that does not exist. */
  isRight(client: StoredClient | undefined, id: string, secret: string): boolean {
    const given = this.digest(id, secret);
    const current = timingSafeEqual(given, client?.secretDigest ?? this.key);
    const previous = timingSafeEqual(given, client?.previousSecretDigest ?? this.key);
    return current || previous;
  }
}
