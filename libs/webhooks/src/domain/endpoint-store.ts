import type { DisabledReason, EndpointSettings, SealedSecrets, WebhookEndpoint } from './endpoint.js';

/** What a change may touch. */
export interface EndpointChanges extends Partial<EndpointSettings> {
  /** Null: enabled, with everything forgotten about failures. */
  readonly disabled?: DisabledReason | null;
}

/** Endpoints. Methods join the unit of work of the caller. */
export abstract class EndpointStore {
  /** False if there are `limit` already. */
  abstract add(
    endpoint: EndpointSettings & { readonly id: string; readonly createdAt: Date },
    secret: Buffer,
    limit: number,
  ): Promise<boolean>;
  /** In the order of their making. */
  abstract list(): Promise<WebhookEndpoint[]>;
  abstract find(id: string): Promise<WebhookEndpoint | null>;
  /** Of those that are enabled, and until the end of the unit of work nobody else queues for them. */
  abstract lockEnabled(): Promise<WebhookEndpoint[]>;
  /** As `find`, and until the end of the unit of work nobody else changes it or queues for it. */
  abstract lock(id: string): Promise<WebhookEndpoint | null>;
  abstract change(id: string, changes: EndpointChanges, at: Date): Promise<void>;
  abstract replaceSecrets(id: string, secrets: SealedSecrets, at: Date): Promise<void>;
  abstract secrets(id: string): Promise<SealedSecrets | null>;
  /** From then on nobody sees it and nothing is sent; its deliveries go with time. */
  abstract remove(id: string, at: Date): Promise<void>;
  /** Counts a failure. Resolves with how it stands then; null if it is gone. */
  abstract noteFailure(
    id: string,
    at: Date,
  ): Promise<{ readonly failures: number; readonly failingSince: Date } | null>;
  /** Forgets failures, but not until when it rests. True if there were any. */
  abstract noteSuccess(id: string): Promise<boolean>;
  /** Sends nothing before, nor before what was asked for earlier; null: at once. */
  abstract rest(id: string, until: Date | null): Promise<void>;
}
