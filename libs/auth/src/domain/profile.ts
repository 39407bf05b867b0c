import type { UserId } from '@app/kernel';
import type { Role, User } from '@app/users';

/** What a person sees of the own account. */
export interface Profile {
  readonly id: UserId;
  readonly email: string;
  readonly username: string | null;
  readonly fullName: string | null;
  readonly role: Role;
  readonly createdAt: Date;
  /** Null without a picture. */
  readonly avatarHash: string | null;
}

export function profileOf(user: User, avatarHash: string | null): Profile {
  const { id, email, username, fullName, role, createdAt } = user;
  return { id, email, username, fullName, role, createdAt, avatarHash };
}
