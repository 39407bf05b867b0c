import { type Act, EventLog, type EventType, factsOf } from '@app/event-log';
import { Clock, RandomSource, UnitOfWork, uuidV7 } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import type { Delivery } from '../domain/delivery.js';
import { DeliveryLog } from '../domain/delivery-log.js';
import { DeliveryOutbox } from '../domain/delivery-outbox.js';
import type { WebhookEndpoint } from '../domain/endpoint.js';
import { EndpointStore } from '../domain/endpoint-store.js';
import { wantedTypes } from './event-filter.js';
import { messageOf, pingOf } from '../domain/message.js';
import { PastEvents, type PastPlace } from '../domain/past-events.js';
import {
  DeliveryNotFoundError,
  EndpointDisabledError,
  EndpointNotFoundError,
} from '../domain/webhooks.errors.js';

/** `dead`: what was given up. `missed`: also what was never queued. `all`: also what was delivered. */
export type ReplayWish =
  | { readonly what: 'dead'; readonly since: Date | null }
  | { readonly what: 'missed' | 'all'; readonly since: Date };

export interface Replayed {
  readonly queued: number;
  /** Null: that was all. Else ask again with this as `since`. */
  readonly continueFrom: Date | null;
}

const perUnit = 200;
const unitsPerCall = 50;

/** Sends again what was sent, and for the first time what never was; in the order of the events. */
@Injectable()
export class WebhookReplays {
  constructor(
    private readonly endpoints: EndpointStore,
    private readonly outbox: DeliveryOutbox,
    private readonly deliveries: DeliveryLog,
    private readonly past: PastEvents,
    private readonly units: UnitOfWork,
    private readonly events: EventLog,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    private readonly log: Log,
  ) {}

  /** Queues a message that says nothing, to be sent at once. Rejects with EndpointNotFoundError and EndpointDisabledError. */
  async ping(endpointId: string, act: Act): Promise<Delivery> {
    const now = this.clock.now();
    const message = pingOf(uuidV7(now, this.random), endpointId, now);
    await this.units.run(async () => {
      await this.lock(endpointId);
      await this.outbox.enqueue([{ endpointId, message }], now);
      await this.endpoints.rest(endpointId, null);
      await this.note('webhook.pinged', endpointId, factsOf(act));
    });
    return (await this.deliveries.findByMessage(endpointId, message.id))!;
  }

  /**
   * Lets one begin anew; one that waits for its next try is tried at once. Rejects with EndpointNotFoundError, EndpointDisabledError and
   * DeliveryNotFoundError.
   */
  async one(endpointId: string, id: string, act: Act): Promise<Delivery> {
    await this.units.run(async () => {
      await this.lock(endpointId);
      if (!(await this.deliveries.find(endpointId, id))) throw new DeliveryNotFoundError();
      const matched = await this.deliveries.requeue(endpointId, [id], this.clock.now());
      await this.endpoints.rest(endpointId, null);
      await this.note('webhook.replayed', endpointId, { matched, ...factsOf(act) });
    });
    const delivery = await this.deliveries.find(endpointId, id);
    if (!delivery) throw new DeliveryNotFoundError();
    return delivery;
  }

  /**
   * Up to some thousands per call. That it is asked for is recorded before the first one is queued: what breaks off halfway
   * has happened all the same. Rejects with EndpointNotFoundError and EndpointDisabledError.
   */
  async many(endpointId: string, wish: ReplayWish, act: Act): Promise<Replayed> {
    await this.units.run(async () => {
      await this.lock(endpointId);
      await this.note('webhook.replayed', endpointId, { filter: wish, ...factsOf(act) });
    });
    const replayed =
      wish.what === 'dead' ? await this.dead(endpointId, wish.since) : await this.since(endpointId, wish);
    this.log.info('webhook.replayed', { endpoint_id: endpointId, what: wish.what, queued: replayed.queued });
    return replayed;
  }

  private async dead(endpointId: string, since: Date | null): Promise<Replayed> {
    let queued = 0;
    for (let unit = 0; unit < unitsPerCall; unit += 1) {
      const count = await this.units.run(async () => {
        await this.lock(endpointId);
        const ids = await this.deliveries.dead(endpointId, since, perUnit);
        return ids.length === 0 ? 0 : this.deliveries.requeue(endpointId, ids, this.clock.now());
      });
      queued += count;
      if (count < perUnit) return { queued, continueFrom: null };
    }
    return { queued, continueFrom: since ?? new Date(0) };
  }

  private async since(
    endpointId: string,
    { what, since }: Extract<ReplayWish, { what: 'missed' | 'all' }>,
  ): Promise<Replayed> {
    let queued = 0;
    let after: PastPlace | null = null;
    for (let unit = 0; unit < unitsPerCall; unit += 1) {
      const step: { count: number; last: PastPlace | null } = await this.units.run(async () => {
        const { events: wanted } = await this.lock(endpointId);
        const { events, last } = await this.past.read({ since, after }, wantedTypes(wanted), perUnit);
        const wishes = events.map((event) => ({ endpointId, message: messageOf(event) }));
        const now = this.clock.now();
        const ids = await this.deliveries.park(wishes, now, what);
        return { count: await this.deliveries.requeue(endpointId, ids, now), last };
      });
      queued += step.count;
      if (!step.last) return { queued, continueFrom: null };
      after = step.last;
    }
    return { queued, continueFrom: after && new Date(after.at) };
  }

  private async lock(endpointId: string): Promise<WebhookEndpoint> {
    const endpoint = await this.endpoints.lock(endpointId);
    if (!endpoint) throw new EndpointNotFoundError();
    if (endpoint.disabledAt) throw new EndpointDisabledError();
    return endpoint;
  }

  private note(type: EventType, id: string, facts: Readonly<Record<string, unknown>>): Promise<void> {
    const payload = { endpoint_id: id, ...facts };
    return this.events.append([{ type, userId: null, payload, at: this.clock.now() }]);
  }
}
