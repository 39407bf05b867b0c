import type { SealedSecrets } from './endpoint.js';

/** `waiting`: behind another of its lane. `pending`: it has a time to be sent. The others are over. */
export const deliveryStates = ['waiting', 'pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** How a try ended. */
export interface Attempt {
  /** Null: no answer came. */
  readonly status: number | null;
  /** A word for what went wrong; null if nothing did. */
  readonly error: string | null;
  readonly durationMs: number;
  /** How the answer began. */
  readonly excerpt: string | null;
  /** Seconds for which the receiver asks to be left alone. */
  readonly retryAfterSeconds: number | null;
}

/** One message on its way to one endpoint. */
export interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly messageId: string;
  readonly type: string;
  readonly sessionId: string | null;
  readonly state: DeliveryState;
  readonly queuedAt: Date;
  readonly nextTryAt: Date | null;
  readonly attempts: number;
  readonly lastTryAt: Date | null;
  readonly last: Omit<Attempt, 'retryAfterSeconds'> | null;
  readonly finishedAt: Date | null;
}

/** A delivery that this process may try until its time is up, and where to. */
export interface TakenDelivery {
  readonly id: string;
  readonly endpointId: string;
  readonly messageId: string;
  readonly type: string;
  readonly body: string;
  /** This try included; a result counts only under the number of the latest try. */
  readonly attempts: number;
  /** Those of them that count, which are fewer after it was begun anew. */
  readonly counted: number;
  readonly url: string;
  readonly secrets: SealedSecrets;
}
