/**
 * Takes away old events from the front of the log. What depends on the log says itself how far it has come, so nothing goes
 * that a reader has not read; whoever comes with a cursor from before is refused (LogPlaceLostError).
 */
export abstract class LogPurge {
  /** Removes up to `limit` events from before then; returns how many. Within a unit of work. */
  abstract purge(before: Date, limit: number): Promise<number>;
  /** Readers because of which older events are still there. */
  abstract heldBy(before: Date): Promise<string[]>;
}
