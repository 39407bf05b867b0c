import type { SessionId, UserId } from '@app/kernel';

/** Stable names; clients of webhooks, feeds and audit rely on them. */
export type EventType = 'user.created' | 'user.sessions_revoked' | 'session.created' | 'session.ended';

/** One change, written in the transaction of the change itself. The payload holds ids and reasons, no secrets. */
export interface DomainEvent {
  readonly type: EventType;
  readonly userId: UserId;
  readonly sessionId?: SessionId;
  /** Generation of the user after the change; set when the change ends all older sessions. */
  readonly gen?: number;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly at: Date;
}
