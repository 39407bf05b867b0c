import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';

export const drainSecondsToken = Symbol('drainSeconds');

/**
 * Between the signal to stop and the closing of the listener: readiness says 503, so that balancers turn away,
 * and every answer asks its client to open a new connection, so that no keep-alive socket is cut mid-request. Background
 * jobs end meanwhile.
 */
@Injectable()
export class ShutdownGate implements OnModuleDestroy, BeforeApplicationShutdown {
  private drained: Promise<void> | null = null;

  constructor(@Inject(drainSecondsToken) private readonly drainSeconds: number) {}

  get isClosing(): boolean {
    return this.drained !== null;
  }

  onModuleDestroy(): void {
    this.drained = delay(this.drainSeconds * 1000);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drained;
  }
}
