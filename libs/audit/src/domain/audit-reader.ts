import type { AuditRecord } from './audit-record.js';
import type { SignedState } from './chain.js';
import type { Verification } from './finding.js';

/** What records can be chosen by; all of it has to be met. */
export interface AuditSearch {
  readonly actorId?: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly type?: string;
  /** Included. */
  readonly from?: Date;
  /** Not included. */
  readonly to?: Date;
}

export interface AuditPlace {
  readonly at: Date;
  readonly seq: number;
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Where to go on; null if nothing is left. A page may be short and yet lead to a next one. */
  readonly next: AuditPlace | null;
}

export interface PageWish {
  readonly size: number;
  readonly after: AuditPlace | null;
  readonly order: 'newest first' | 'oldest first';
}

/** Of one stretch of the event log. */
export interface Comparison {
  /** Last event that was compared; null if none is left. */
  readonly upTo: number | null;
  /** First event that the audit has read and does not have. */
  readonly missing: { readonly id: number; readonly type: string } | null;
}

/** The chain from the side of whoever reads or checks it. All reject with StoreUnavailableError. */
export abstract class AuditReader {
  /** What was signed last and the number of the last record there is, of one moment. */
  abstract standing(): Promise<{ state: SignedState | null; last: number | null }>;
  /** Records behind a number, in their order. */
  abstract stretch(after: number, limit: number): Promise<AuditRecord[]>;
  abstract list(search: AuditSearch, page: PageWish): Promise<AuditPage>;
  /** Events behind a number against their records, in stretches; not those whose records are removed by now. */
  abstract compare(afterEvent: number): Promise<Comparison>;
  /** The last one, of whichever process. */
  abstract verification(): Promise<Verification | null>;
  abstract noteVerification(verification: Verification): Promise<void>;
}
