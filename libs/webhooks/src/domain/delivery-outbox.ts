import type { Attempt, TakenDelivery } from './delivery.js';
import type { WebhookMessage } from './message.js';

/** A message for an endpoint. */
export interface NewDelivery {
  readonly endpointId: string;
  readonly message: WebhookMessage;
}

/** What became of a try. */
export type Settlement =
  { readonly outcome: 'delivered' | 'dead' } | { readonly outcome: 'postponed'; readonly nextTryAt: Date };

/** Deliveries that must go out, durable, one per endpoint and message; of each lane one at a time. */
export abstract class DeliveryOutbox {
  /**
   * Puts in what is not there yet, in this order. Inside a unit of work in which the caller has locked the endpoints.
   */
  abstract enqueue(deliveries: readonly NewDelivery[], now: Date): Promise<void>;
  /** Endpoints to which something may be sent now. */
  abstract dueEndpoints(now: Date): Promise<string[]>;
  /** The next of an endpoint, which nobody else gets before `until`. */
  abstract take(
    endpointId: string,
    terms: { readonly now: Date; readonly until: Date; readonly limit: number },
  ): Promise<TakenDelivery[]>;
  /**
   * Inside a unit of work. The next of the lane gets its turn when this one is over. False, and nothing has changed, if somebody
   * has taken it since.
   */
  abstract settle(
    taken: Pick<TakenDelivery, 'id' | 'attempts'>,
    settlement: Settlement,
    attempt: Attempt,
    now: Date,
  ): Promise<boolean>;
  /** Gives up what waits for endpoints that were disabled before; returns how many of at most `limit`, fewer: that was all. */
  abstract giveUp(before: Date, limit: number, now: Date): Promise<number>;
  /** Forgets deliveries that were over before, and what is left of removed endpoints; returns how many of at most `limit`, fewer: that was all. */
  abstract purge(before: Date, limit: number): Promise<number>;
}
