import type { EventType } from './event.js';
import type { LogPlace } from './log-place.js';
import type { StoredEvent } from './log-readers.js';
import type { Snapshot } from './log-snapshot.js';

/** An event with the place behind it, where somebody goes on who has it. */
export interface PlacedEvent extends StoredEvent {
  readonly place: LogPlace;
}

export interface LogPage {
  readonly events: readonly PlacedEvent[];
  /** Behind everything that was looked at. The same as before if nothing was there. */
  readonly next: LogPlace;
  /** True if more may be there at once. */
  readonly hasMore: boolean;
  /** Everything in it is before `next`, unless there is more. */
  readonly seen: Snapshot;
}

export interface PageRequest {
  /** Most events. */
  readonly size: number;
  /** All unless told. */
  readonly types?: readonly EventType[];
  /** Nothing that it does not show, so that somebody arrives exactly there. */
  readonly limit?: Snapshot;
}

/**
 * The log in pages, from a place that the caller keeps. One statement each, of which one snapshot covers the rows and the
 * place that continues them: whatever commits later, in whatever order, is after that place. So pages follow each
 * other without gap and without overlap, on whichever instance.
 *
 * Within a page events are in the order of their ids. An event that was written after another one had been committed
 * never comes before it; only events of transactions that knew nothing of each other may come in another order to
 * somebody else. Who is thousands of events behind gets them in stretches of whole transactions by their numbers.
 *
 * All reject with StoreUnavailableError; with a place that is lost, with LogPlaceLostError.
 */
export abstract class LogPages {
  /** Behind everything that is committed now. */
  abstract end(): Promise<LogPlace>;
  /** Before every event of that time or later. */
  abstract before(time: Date): Promise<LogPlace>;
  abstract page(place: LogPlace, request: PageRequest): Promise<LogPage>;
  /** On a connection of its own, for one who asks all the time; to be closed. */
  abstract openLink(): LogLink;
}

export abstract class LogLink {
  abstract end(): Promise<LogPlace>;
  abstract page(place: LogPlace, request: PageRequest): Promise<LogPage>;
  /** Called when something new is probably there. Missing calls cost latency, nothing else. */
  abstract onHint(listener: () => void): void;
  abstract close(): Promise<void>;
}
