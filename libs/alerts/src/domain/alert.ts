/** What people get mail about; stable names, stored with each mail. */
export const alertKinds = [
  'signin.new_device',
  'signin.new_network',
  'signin.after_failures',
  'session.agent_changed',
  'session.refresh_reused',
  'session.limit',
  'user.password_changed',
  'user.email_changed',
] as const;

export type AlertKind = (typeof alertKinds)[number];

/** What the event told; each may be missing. */
export interface AlertFacts {
  readonly ip_address?: string;
  readonly device?: { readonly browser: string | null; readonly os: string | null };
  readonly failures?: number;
}

/** One mail to one address about one event. */
export interface Alert {
  readonly id: number;
  readonly kind: AlertKind;
  readonly userId: string;
  readonly recipient: string;
  readonly facts: AlertFacts;
  /** When it happened. */
  readonly at: Date;
  /** How often its delivery has been tried, this time included. */
  readonly attempts: number;
}
