export interface Letter {
  /** The same each time it is sent, so that a receiver can tell a second copy (RFC 5322 §3.6.4). */
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The server will never take this letter: an unknown mailbox, for example. */
export class LetterRefusedError extends Error {}

/** Hands letters to a mail server. */
export abstract class Mailer {
  /** Rejects with LetterRefusedError, or with whatever may pass; the message holds codes, never addresses. */
  abstract send(letter: Letter): Promise<void>;
}
