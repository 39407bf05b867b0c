import type { UserId } from '@app/kernel';
import { LastAdministratorError, type UserRepository } from '@app/users';

/**
 * Before an administrator loses the role or is disabled: locks all who administer, so that two who remove each other at
 * once do so one after the other. Throws LastAdministratorError if nobody else would be left. Call it before the user's
 * own row is locked: everybody takes these locks in the same order then.
 */
export async function refuseLastAdministrator(users: UserRepository, userId: UserId): Promise<void> {
  const administrators = await users.lockAdministrators();
  if (administrators.length === 1 && administrators[0] === userId) throw new LastAdministratorError();
}
