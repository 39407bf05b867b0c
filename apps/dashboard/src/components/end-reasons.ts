/** End reasons in words, as people see them on a session that is over. */
const names: Record<string, string> = {
  signout: 'Signed out',
  terminated: 'Ended from another device',
  signout_all: 'Signed out everywhere',
  limit: 'Session limit',
  replaced: 'Replaced by a newer one',
  password_change: 'Password changed',
  admin: 'Ended by an administrator',
  user_disabled: 'Account disabled',
  refresh_reuse: 'Stolen token suspected',
  expired_idle: 'Not used for too long',
  expired_absolute: 'Reached its end',
};

export const endReasons = Object.keys(names);

export function endReasonName(reason: string): string {
  return names[reason] ?? reason;
}
