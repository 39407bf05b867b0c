import type { UserId } from '@app/kernel';
import type { Role, User } from './user.js';

/** Which users are looked for; null: any. */
export interface UserSearch {
  /** The whole id, or how e-mail address, username or full name begin, in any spelling of case. */
  readonly text: string | null;
  readonly role: Role | null;
  readonly state: 'active' | 'disabled' | null;
  /** None but these. */
  readonly among: readonly UserId[] | null;
}

/** Who there is, for administrators. Joins the caller's unit of work. */
export abstract class UserDirectory {
  /** Newest first, from the one after `after`. Ids grow with time, so they are the order. */
  abstract search(of: UserSearch, page: { size: number; after: UserId | null }): Promise<User[]>;
  /** E-mail addresses by id, without those that are unknown. */
  abstract emailsOf(ids: readonly UserId[]): Promise<Map<UserId, string>>;
}
