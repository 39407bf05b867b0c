import { isOfRefresh, LogReaders, type StoredEvent } from '@app/event-log';
import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { AuditEntry, AuditRecord } from '../domain/audit-record.js';
import { AuditStore } from '../domain/audit-store.js';
import {
  type ChainState,
  emptyChain,
  genesis,
  isGenuine,
  link,
  Seal,
  signed,
  stateAltered,
} from '../domain/chain.js';
import { entryOf } from './entry-of-event.js';
import { readerName } from '../domain/reader-name.js';

/** Events per unit of work, whose statements have to be through within the time limit of all statements. */
const batch = 500;

/** Copies the event log into the chain: each event once, by one process at a time. */
@Injectable()
export class AuditRecorder {
  constructor(
    private readonly readers: LogReaders,
    private readonly store: AuditStore,
    private readonly seal: Seal,
    private readonly clock: Clock,
  ) {}

  /** What is next; true if there is more at once. Rejects with StoreUnavailableError, and nothing has happened then. */
  collect(): Promise<boolean> {
    const following = { reader: readerName, batch, begin: 'with the oldest event' } as const;
    return this.readers.advance(following, async (span) => this.record(await this.readers.read(span)));
  }

  private async record(events: readonly StoredEvent[]): Promise<void> {
    const entries = events.filter((event) => !isOfRefresh(event)).map(entryOf);
    if (entries.length === 0) return;
    const { state, remark } = await this.foundState();
    const records: AuditRecord[] = [];
    let end: Pick<ChainState, 'length' | 'head'> = state;
    for (const entry of [...remark, ...entries]) {
      const record = link(entry, end, this.seal);
      records.push(record);
      end = { length: record.seq, head: record.hash };
    }
    await this.store.append(records, signed({ ...state, ...end }, this.seal));
  }

  /**
   * The state as it was signed. One that was not signed here must not be signed now, or whoever has shortened the chain
   * would have it blessed: the audit goes on from what is really there, and says so in a record of its own, for ever.
   */
  private async foundState(): Promise<{ state: ChainState; remark: AuditEntry[] }> {
    const claimed = await this.store.lock();
    if (claimed && isGenuine(claimed, this.seal)) return { state: claimed, remark: [] };
    const { first, last } = await this.store.edges();
    if (!claimed && !last) return { state: emptyChain, remark: [] };
    const state: ChainState = {
      length: last?.seq ?? 0,
      head: last?.hash ?? genesis,
      purged: first ? first.seq - 1 : 0,
      anchor: first?.previousHash ?? genesis,
      purgedBefore: claimed?.purgedBefore ?? null,
    };
    const details = { claimed: claimed && { length: claimed.length, head: claimed.head } };
    return { state, remark: [this.remarkOf({ ...details, found: state.length })] };
  }

  private remarkOf(details: Record<string, unknown>): AuditEntry {
    return {
      eventId: 0,
      type: stateAltered,
      at: this.clock.now(),
      actorKind: 'system',
      actorId: null,
      userId: null,
      sessionId: null,
      tokenId: null,
      note: null,
      ipAddress: null,
      details,
    };
  }
}
