import type { DomainEvent } from './event.js';

/**
 * The append-only record of every session and user change; whatever must follow a change reads it. `append`
 * joins the caller's unit of work, so an event exists exactly when its change does.
 */
export abstract class EventLog {
  abstract append(events: readonly DomainEvent[]): Promise<void>;
}
