/**
 * Who did it: somebody signed in, a command of an operator, Rollcall by itself, or somebody who is not known, such as
 * whoever gave a wrong password.
 */
export type ActorKind = 'user' | 'command' | 'system' | 'unknown';

export interface AuditEntry {
  /** Of the event log; 0 for what the audit says of itself. */
  readonly eventId: number;
  readonly type: string;
  readonly at: Date;
  readonly actorKind: ActorKind;
  /** Set if, and only if, the kind is `user`. */
  readonly actorId: string | null;
  /** Whom it concerns. */
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly tokenId: string | null;
  /** Why, in the words of whoever did it. */
  readonly note: string | null;
  readonly ipAddress: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** An entry with its place in the chain. */
export interface AuditRecord extends AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hash of the record before. */
  readonly previousHash: string;
  /** 64 hex characters. */
  readonly hash: string;
}
