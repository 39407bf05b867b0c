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
}

export function profileOf({ id, email, username, fullName, role, createdAt }: User): Profile {
  return { id, email, username, fullName, role, createdAt };
}
