import type { UserId } from '@app/kernel';
import type { LoginName, Role, User, UserCredentials } from './user.js';

export interface NewUser {
  readonly id: UserId;
  readonly email: string;
  readonly username: string | null;
  readonly fullName: string | null;
  readonly role: Role;
  readonly passwordHash: string;
  /** Somebody else has chosen the password. */
  readonly passwordChangeRequiredAt?: Date | null;
  readonly createdAt: Date;
}

/** What a person may change about the account; what is left out stays. */
export interface UserChange {
  readonly email?: string;
  readonly username?: string | null;
  readonly fullName?: string | null;
}

/** Users, found by id or by the names they sign in with. All methods join the caller's unit of work. */
export abstract class UserRepository {
  /** Throws EmailTakenError or UsernameTakenError, also when two registrations race. */
  abstract insert(user: NewUser): Promise<User>;
  abstract find(id: UserId): Promise<User | null>;
  abstract findCredentials(login: LoginName | { readonly id: UserId }): Promise<UserCredentials | null>;
  /**
   * Takes the row lock under which sessions of this user are created and ended, until the unit of work is over.
   * Null for an unknown user.
   */
  abstract lock(id: UserId): Promise<UserCredentials | null>;
  /** Starts a new generation, which ends every session of the older ones; returns it. */
  abstract nextGeneration(id: UserId, at: Date): Promise<number>;
  /** Throws EmailTakenError or UsernameTakenError, also when two changes race. The user must exist. */
  abstract update(id: UserId, change: UserChange, at: Date): Promise<User>;
  abstract recordLogin(id: UserId, at: Date): Promise<void>;
  /** Replaces the hash only if it is still `expected`, so that a rehash never undoes a password change. */
  abstract replacePasswordHash(id: UserId, hash: { expected: string; replacement: string }): Promise<void>;
  /** Null enables again. */
  abstract setDisabled(id: UserId, disabledAt: Date | null, at: Date): Promise<void>;
  abstract setRole(id: UserId, role: Role, at: Date): Promise<void>;
  /** Null: another password has been chosen. */
  abstract setPasswordChangeRequired(id: UserId, since: Date | null): Promise<void>;
  abstract hasAdministrator(): Promise<boolean>;
  /** Those that are enabled, with their rows locked in the order of ids until the unit of work is over. */
  abstract lockAdministrators(): Promise<UserId[]>;
}
