import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';

export const drainSecondsToken = Symbol('drainSeconds');

/**
 * Between the signal to stop and the closing of the listener: readiness says 503, so that balancers turn away,
 * and every answer asks its client to open a new connection, so that no keep-alive socket is cut mid-request.
 */
@Injectable()
export class ShutdownGate implements BeforeApplicationShutdown {
  private closing = false;

  constructor(@Inject(drainSecondsToken) private readonly drainSeconds: number) {}

  get isClosing(): boolean {
    return this.closing;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    await delay(this.drainSeconds * 1000);
  }
}
