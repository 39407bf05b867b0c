import type { DomainEvent } from './event.js';
import type { LogPosition } from './log-position.js';

/**
 * The append-only record of every session and user change; whatever must follow a change reads it. `append`
 * joins the caller's unit of work, so an event exists exactly when its change does.
 */
export abstract class EventLog {
  abstract append(events: readonly DomainEvent[]): Promise<void>;
  /**
   * The transaction of the caller's unit of work. Once it has committed, an instance whose snapshot shows it has
   * seen everything acknowledged before.
   */
  abstract transaction(): Promise<LogPosition>;
}
