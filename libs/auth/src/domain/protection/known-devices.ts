import type { UserId } from '@app/kernel';

/** From where somebody signs in. */
export interface Whereabouts {
  /** Null: there is no such account; the question is asked all the same, to take as long. */
  readonly userId: UserId | null;
  /** Address, or /64 of one. */
  readonly network: string;
}

/**
 * Devices on which the owner has signed in lately. They are counted apart, so that strangers cannot lock the owner
 * out. Being known opens nothing.
 */
export abstract class KnownDevices {
  abstract isKnown(at: Whereabouts): Promise<boolean>;
  /** Joins the caller's unit of work. */
  abstract remember(at: Whereabouts & { readonly userId: UserId }): Promise<void>;
  abstract purge(): Promise<void>;
}
