import { createHmac } from 'node:crypto';
import { RandomSource, type Sealer, ServerSecret } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { TakenDelivery } from '../domain/delivery.js';
import type { SealedSecrets } from '../domain/endpoint.js';

const secretBytes = 32;
const prefix = 'whsec_';

/** Secrets of endpoints, and what they sign (Standard Webhooks 1.0). */
@Injectable()
export class WebhookSecrets {
  private readonly sealer: Sealer;

  constructor(
    secret: ServerSecret,
    private readonly random: RandomSource,
  ) {
    this.sealer = secret.sealer('rollcall/webhook-secret/v1');
  }

  /** `shown` is shown once; `sealed` opens for this endpoint only. */
  mint(endpointId: string): { readonly shown: string; readonly sealed: Buffer } {
    const bytes = this.random.bytes(secretBytes);
    return { shown: `${prefix}${bytes.toString('base64')}`, sealed: this.sealer.seal(bytes, endpointId) };
  }

  /**
   * The three headers of one try. While an old secret is good both sign, so that a receiver may know either. Throws
   * UnsealError when what is stored does not open.
   */
  headersOf(delivery: TakenDelivery, now: Date): Record<string, string> {
    const timestamp = String(Math.floor(now.getTime() / 1_000));
    const content = `${delivery.messageId}.${timestamp}.${delivery.body}`;
    const signatures = this.goodOf(delivery.secrets, now).map((sealed) => {
      const key = this.sealer.open(sealed, delivery.endpointId);
      return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    });
    return {
      'webhook-id': delivery.messageId,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    };
  }

  private goodOf({ current, old, oldUntil }: SealedSecrets, now: Date): Buffer[] {
    return old && oldUntil && now < oldUntil ? [current, old] : [current];
  }
}
