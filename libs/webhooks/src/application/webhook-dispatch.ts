import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { TakenDelivery } from '../domain/delivery.js';
import { DeliveryOutbox } from '../domain/delivery-outbox.js';
import { DeliveryAttempt } from './delivery-attempt.js';

/** Of one endpoint, so that one that hangs holds no places of others. */
const atOnce = 4;

/** Longer than a try and the writing of its result; after a crash the delivery is tried again when it is over. */
const holdMs = 45_000;

/**
 * Keeps the places of each endpoint filled while anything is due for it. An endpoint without places free is passed over, never
 * waited for.
 */
@Injectable()
export class WebhookDispatch {
  private readonly underWay = new Map<string, Set<Promise<void>>>();
  private readonly filling = new Map<string, Promise<void>>();
  private readonly again = new Set<string>();
  private readonly ending = new AbortController();
  private stopped = false;
  private failure: Error | null = null;

  constructor(
    private readonly outbox: DeliveryOutbox,
    private readonly attempt: DeliveryAttempt,
    private readonly clock: Clock,
  ) {}

  /**
   * Begins to send what is due and does not wait for it to arrive. Rejects with StoreUnavailableError, its own or of a delivery whose
   * result could not be written since the last call.
   */
  async begin(): Promise<void> {
    const due = await this.outbox.dueEndpoints(this.clock.now());
    await Promise.all(due.map((endpointId) => this.fill(endpointId)));
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
  }

  /** Resolves when everything under way has arrived or failed. */
  async settled(): Promise<void> {
    for (;;) {
      const running = [...this.underWay.values()].flatMap((places) => [...places]);
      if (running.length === 0) return;
      await Promise.all(running);
    }
  }

  /** Begins nothing more. */
  stop(): void {
    this.stopped = true;
  }

  /** Breaks off what is under way; it is sent again. */
  abort(): void {
    this.ending.abort();
  }

  /** A call during another one lets that one look again: a place may have become free since it counted. */
  private fill(endpointId: string): Promise<void> {
    const filling = this.filling.get(endpointId);
    if (filling) {
      this.again.add(endpointId);
      return filling;
    }
    const begun = this.takeAndSend(endpointId).finally(() => this.filling.delete(endpointId));
    this.filling.set(endpointId, begun);
    return begun;
  }

  private async takeAndSend(endpointId: string): Promise<void> {
    const places = this.underWay.get(endpointId) ?? new Set();
    this.underWay.set(endpointId, places);
    do {
      this.again.delete(endpointId);
      const limit = this.stopped ? 0 : atOnce - places.size;
      if (limit <= 0) continue;
      const now = this.clock.now();
      const until = new Date(now.getTime() + holdMs);
      for (const taken of await this.outbox.take(endpointId, { now, until, limit })) this.send(taken, places);
    } while (this.again.has(endpointId));
    if (places.size === 0) this.underWay.delete(endpointId);
  }

  private send(taken: TakenDelivery, places: Set<Promise<void>>): void {
    const sending = this.attempt
      .deliver(taken, this.ending.signal)
      .then(() => {
        places.delete(sending);
        return this.fill(taken.endpointId);
      })
      .catch((error: unknown) => {
        places.delete(sending);
        this.failure = error as Error;
      });
    places.add(sending);
  }
}
