/** Why an endpoint gets nothing; stable names. */
export type DisabledReason = 'administrator' | 'gone' | 'failing';

/** What an administrator chooses. */
export interface EndpointSettings {
  readonly url: string;
  /** For people. */
  readonly label: string;
  /** Types of events, `session.*` or `*`. */
  readonly events: readonly string[];
}

/** A service that is told of events. */
export interface WebhookEndpoint extends EndpointSettings {
  readonly id: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly disabledAt: Date | null;
  readonly disabledReason: DisabledReason | null;
  /** When the first try failed since the last that did not. */
  readonly failingSince: Date | null;
  /** Tries that failed since then. */
  readonly failures: number;
  /** Nothing is sent before. */
  readonly resumeAt: Date | null;
  /** Until when the secret before signs, too. */
  readonly oldSecretUntil: Date | null;
}

/** As stored; what is in them only the key under SECRET_KEY tells. */
export interface SealedSecrets {
  readonly current: Buffer;
  readonly old: Buffer | null;
  readonly oldUntil: Date | null;
}

/** Each may hold four places of a process, so together they stay few. */
export const maxEndpoints = 20;
