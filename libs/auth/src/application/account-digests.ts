import type { SubjectDigests } from '@app/rate-limit';
import { type LoginName, normalizeEmail, normalizeUsername, type User } from '@app/users';

/**
 * By the name as typed, not by the user: a counter that two names share would tell which names belong to one
 * account, and so which accounts exist.
 */
export function accountOf(digests: SubjectDigests, login: LoginName): string {
  return 'email' in login
    ? digests.of(`email:${normalizeEmail(login.email)}`)
    : digests.of(`username:${normalizeUsername(login.username)}`);
}

/** Of all names of a user. */
export function accountsOf(
  digests: SubjectDigests,
  { email, username }: Pick<User, 'email' | 'username'>,
): string[] {
  const names: LoginName[] = [{ email }, ...(username === null ? [] : [{ username }])];
  return names.map((name) => accountOf(digests, name));
}
