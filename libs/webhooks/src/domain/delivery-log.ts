import type { Delivery, DeliveryState } from './delivery.js';
import type { NewDelivery } from './delivery-outbox.js';

export interface DeliveryFilter {
  readonly endpointId: string;
  readonly state: DeliveryState | null;
  readonly type: string | null;
}

/** How many are unfinished and dead; counted up to `countedUpTo`. */
export interface DeliveryCounts {
  readonly unfinished: number;
  readonly dead: number;
}

export const countedUpTo = 10_000;

/** Deliveries as administrators see them, and sending them again. */
export abstract class DeliveryLog {
  /** Newest first, below `before`. */
  abstract list(
    filter: DeliveryFilter,
    page: { readonly size: number; readonly before: string | null },
  ): Promise<Delivery[]>;
  abstract find(endpointId: string, id: string): Promise<Delivery | null>;
  abstract findByMessage(endpointId: string, messageId: string): Promise<Delivery | null>;
  abstract counts(endpointId: string): Promise<DeliveryCounts>;
  /**
   * Lets deliveries that are over begin anew, in the order of their events behind what waits; one that is not over but waits for its next try is
   * tried at once. Returns how many. Inside a unit of work in which the endpoint is locked.
   */
  abstract requeue(endpointId: string, ids: readonly string[], now: Date): Promise<number>;
  /** The oldest dead ones of events since then. */
  abstract dead(endpointId: string, since: Date | null, limit: number): Promise<string[]>;
  /**
   * Ids of those of the messages that are over, and of those that were never queued, which are put in as if they were dead. Inside a unit of work
   * in which the endpoint is locked.
   */
  abstract park(deliveries: readonly NewDelivery[], now: Date, which: 'missed' | 'all'): Promise<string[]>;
}
