import type { Attempt } from './delivery.js';

/** A request whose body is sent exactly as it is. */
export interface SignedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends to places that others have chosen. */
export abstract class WebhookSender {
  /** Never rejects: whatever goes wrong is part of the answer. A signal that is raised ends it at once, with `error: 'aborted'`. */
  abstract send(request: SignedRequest, signal: AbortSignal): Promise<Attempt>;
  /**
   * Throws TargetRefusedError for where nothing would be sent to. A name that cannot be resolved right now is let through: each
   * delivery looks again.
   */
  abstract assertAllowed(url: string): Promise<void>;
}
