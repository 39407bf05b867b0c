import type { UserId } from '@app/kernel';

export type Role = 'user' | 'admin';

export interface User {
  readonly id: UserId;
  /** As typed by the person; compared in its normal form only. */
  readonly email: string;
  readonly username: string | null;
  readonly fullName: string | null;
  readonly role: Role;
  /** A session of an older generation is dead; bumped by whatever ends all sessions. */
  readonly gen: number;
  readonly disabledAt: Date | null;
  /** Since when another password has to be chosen before anything else. */
  readonly passwordChangeRequiredAt: Date | null;
  readonly createdAt: Date;
  readonly lastLoginAt: Date | null;
}

/** A user with the stored password hash; never leaves the use case that checks it. */
export interface UserCredentials {
  readonly user: User;
  /** PHC string. */
  readonly passwordHash: string;
}

/** How a person names the account when signing in. */
export type LoginName = { readonly email: string } | { readonly username: string };

/**
 * One comparison form for every spelling of an address. Case is folded in the local part too: no mail system in
 * use tells `Ann@` from `ann@`, and people type both.
 */
export function normalizeEmail(email: string): string {
  return email.normalize('NFC').trim().toLowerCase();
}

export function normalizeUsername(username: string): string {
  return username.normalize('NFC').toLowerCase();
}
