import type { UserId } from '@app/kernel';
import type { EventType } from './event.js';

/** An event as its user may read it. */
export interface UserEvent {
  readonly id: number;
  readonly type: EventType;
  readonly sessionId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly at: Date;
}

/** The log from the side of one user; every question is answered from an index. */
export abstract class UserEventReader {
  /** Newest first, below `before`; of these types, or of all (null). */
  abstract list(
    userId: UserId,
    of: { types: readonly EventType[] | null; size: number; before: number | null },
  ): Promise<UserEvent[]>;
  abstract count(userId: UserId, of: { type: EventType; since: Date }): Promise<number>;
}
