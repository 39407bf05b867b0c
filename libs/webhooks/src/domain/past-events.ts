import type { EventType, StoredEvent } from '@app/event-log';

/** Behind which event to go on; opaque to everybody but the store. */
export interface PastPlace {
  readonly at: string;
  readonly id: number;
}

/** What has happened, but for what goes with a refresh, from the event log, which also has what a disabled endpoint was not told. */
export abstract class PastEvents {
  /**
   * In the order of their times, from `since` on or behind `after`; looks at a stretch of the log only. `last` is how far it has
   * come, even if nothing there was wanted; null: that was all.
   */
  abstract read(
    from: { readonly since: Date; readonly after: PastPlace | null },
    types: readonly EventType[],
    limit: number,
  ): Promise<{ readonly events: StoredEvent[]; readonly last: PastPlace | null }>;
}
