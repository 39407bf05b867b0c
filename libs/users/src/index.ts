export { type Avatar, avatarLimits, AvatarRepository, AvatarStudio } from './domain/avatar.js';
export {
  type LoginName,
  normalizeEmail,
  normalizeUsername,
  type Role,
  type User,
  type UserCredentials,
} from './domain/user.js';
export { usernameRule } from './domain/username.js';
export { type NewUser, type UserChange, UserRepository } from './domain/user-repository.js';
export {
  AvatarNotFoundError,
  EmailTakenError,
  LastAdministratorError,
  UserNotFoundError,
} from './domain/users.errors.js';
export { UserDirectory, type UserSearch } from './domain/user-directory.js';
export { DrizzleUserRepository } from './infrastructure/postgres/drizzle-user-repository.js';
export { usersTable } from './infrastructure/postgres/users.table.js';
export { UsersModule } from './users.module.js';
