/** Types of the event log in words; a type that is not here shows as it is. */
const names: Record<string, string> = {
  'session.created': 'Signed in',
  'session.ended': 'Session ended',
  'session.expired': 'Session ended by itself',
  'session.refresh_reused': 'Spent token used again',
  'session.agent_changed': 'Browser changed within a session',
  'session.bulk_end_requested': 'Many sessions ended together',
  'share.created': 'Session shared',
  'share.redeemed': 'Shared session opened',
  'share.revoked': 'Share ended',
  'signin.failed': 'Sign-in failed',
  'signin.after_failures': 'Signed in after failures',
  'signin.new_device': 'New device',
  'signin.new_network': 'New network',
  'token.revoked': 'Token revoked',
  'user.created': 'Account created',
  'user.updated': 'Account changed',
  'user.email_changed': 'E-mail address changed',
  'user.role_changed': 'Role changed',
  'user.disabled': 'Account disabled',
  'user.enabled': 'Account enabled',
  'user.unlocked': 'Waits after failures ended',
  'user.password_changed': 'Password changed',
  'user.password_change_required': 'Another password required',
  'user.sessions_revoked': 'Signed out everywhere',
  'rate_limit.exceeded': 'Limit reached',
  'rate_limit.reset': 'Limit reset',
  'webhook.ping': 'Test',
  'key.rotated': 'Signing key rotated',
  'key.withdrawn': 'Signing key withdrawn',
};

export function eventName(type: string): string {
  return names[type] ?? type.replaceAll(/[._]/g, ' ');
}

/** All that are known, for a choice, in the order of their words. */
export const eventNames: readonly { readonly value: string; readonly label: string }[] = Object.entries(names)
  .map(([value, label]) => ({ value, label }))
  .toSorted((a, b) => a.label.localeCompare(b.label));
