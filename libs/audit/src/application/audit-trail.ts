import { type Act, EventLog, factsOf } from '@app/event-log';
import { Bulkhead, Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { AuditRecord } from '../domain/audit-record.js';
import { type AuditPage, type AuditPlace, AuditReader, type AuditSearch } from '../domain/audit-reader.js';
import { emptyChain } from '../domain/chain.js';
import type { Verification } from '../domain/finding.js';

/** Records in memory for each export; the next ones are read when these have been taken. */
const portion = 500;

/** Of all exports of this process together: they must not take the pool from everybody else. */
const reads = { concurrent: 2, waiting: 20 };

export interface AuditStanding {
  /** Number of the last record. */
  readonly length: number;
  readonly head: string;
  /** Number of the last record that was removed because of its age; 0 if none was. */
  readonly purged: number;
  readonly lastVerification: Verification | null;
}

/** The audit as administrators read it. */
@Injectable()
export class AuditTrail {
  private readonly reads = new Bulkhead(reads);

  constructor(
    private readonly reader: AuditReader,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  /** Newest first. */
  list(search: AuditSearch, page: { size: number; after: AuditPlace | null }): Promise<AuditPage> {
    return this.reader.list(search, { ...page, order: 'newest first' });
  }

  /**
   * All that meet the search, oldest first, in portions that are read as they are taken. That it is exported is recorded
   * before the first one is read. Portions reject with OverloadedError when too many exports wait for theirs.
   */
  async export(search: AuditSearch, act: Act): Promise<AsyncGenerator<readonly AuditRecord[], void>> {
    const at = this.clock.now();
    const payload = { filter: search, ...factsOf(act) };
    await this.events.append([{ type: 'audit.exported', userId: null, payload, at }]);
    // Nothing of what is written meanwhile, or it might never end.
    return this.portions({ ...search, to: search.to ?? at });
  }

  /** How far the chain reaches, without checking it. */
  async standing(): Promise<AuditStanding> {
    const [{ state }, lastVerification] = await Promise.all([
      this.reader.standing(),
      this.reader.verification(),
    ]);
    const { length, head, purged } = state ?? emptyChain;
    return { length, head, purged, lastVerification };
  }

  private async *portions(search: AuditSearch): AsyncGenerator<readonly AuditRecord[], void> {
    for (let after: AuditPlace | null = null; ;) {
      const wish = { size: portion, after, order: 'oldest first' } as const;
      const page: AuditPage = await this.reads.run(() => this.reader.list(search, wish));
      if (page.records.length > 0) yield page.records;
      if (!page.next) return;
      after = page.next;
    }
  }
}
