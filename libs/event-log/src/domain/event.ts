import type { SessionId, TokenId, UserId } from '@app/kernel';

/** Stable names; clients of webhooks, feeds and audit rely on them. */
export const eventTypes = [
  'user.created',
  'user.updated',
  'user.sessions_revoked',
  'user.password_changed',
  'user.disabled',
  'user.enabled',
  'user.role_changed',
  'user.unlocked',
  'user.password_change_required',
  'session.created',
  'session.ended',
  'session.expired',
  'session.bulk_end_requested',
  'session.refresh_reused',
  'session.agent_changed',
  'token.revoked',
  'signin.failed',
  'signin.new_device',
  'signin.new_network',
  'signin.after_failures',
  'share.created',
  'share.redeemed',
  'share.revoked',
  'rate_limit.exceeded',
  'rate_limit.reset',
  'key.rotated',
  'key.withdrawn',
  'audit.exported',
  'audit.purged',
  'webhook.created',
  'webhook.updated',
  'webhook.deleted',
  'webhook.enabled',
  'webhook.disabled',
  'webhook.secret_rotated',
  'webhook.pinged',
  'webhook.replayed',
] as const;

export type EventType = (typeof eventTypes)[number];

/** What every instance must know before it trusts a cached session again. */
export const coherenceEvents: readonly EventType[] = [
  'user.updated',
  'user.sessions_revoked',
  'session.ended',
  'token.revoked',
];

/** One change, written in the transaction of the change itself. The payload holds ids and reasons, no secrets. */
export interface DomainEvent {
  readonly type: EventType;
  /** Null for what concerns no known user, such as a flood from an address. */
  readonly userId: UserId | null;
  readonly sessionId?: SessionId;
  readonly tokenId?: TokenId;
  /** Generation of the user after the change; set when the change ends all older sessions. */
  readonly gen?: number;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly at: Date;
}
