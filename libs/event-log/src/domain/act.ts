import type { UserId } from '@app/kernel';

/** Who did something to somebody else's account, and why: what the log has to tell of it. */
export interface Act {
  /** Null: nobody signed in, such as a command. */
  readonly by: UserId | null;
  /** In the words of whoever did it; never shown to the owner of the account. */
  readonly note: string | null;
}

/** As members of an event's payload. */
export function factsOf({ by, note }: Act): Readonly<Record<string, unknown>> {
  return { by, ...(note !== null && { note }) };
}
