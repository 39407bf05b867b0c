import type { AuditRecord } from './audit-record.js';
import type { SignedState } from './chain.js';

/** The ends of what is really there. */
export interface ChainEdges {
  readonly first: { readonly seq: number; readonly previousHash: string } | null;
  readonly last: { readonly seq: number; readonly hash: string } | null;
}

/** The chain from the side of whoever makes it longer, or shorter at its old end. Within a unit of work. */
export abstract class AuditStore {
  /** What was signed last, or null; nobody else changes the chain until the unit of work ends. */
  abstract lock(): Promise<SignedState | null>;
  abstract edges(): Promise<ChainEdges>;
  abstract append(records: readonly AuditRecord[], state: SignedState): Promise<void>;
  /** At most `limit`, from the old end. */
  abstract oldest(limit: number): Promise<Pick<AuditRecord, 'seq' | 'at' | 'hash'>[]>;
  /** Removes records up to `state.purged`, which is the only way to remove any. */
  abstract shorten(state: SignedState): Promise<void>;
}
