import type { AuditRecord } from './audit-record.js';
import { type ChainState, isIntact, isIntactAs, type Seal, stateAltered } from './chain.js';
import type { Finding, FindingKind } from './finding.js';

/** How far around its place a record is looked for that is not where it was. */
const neighbourhood = 1_000;

/** From the anchor to the head, record by record, in whatever portions. */
export class ChainWalk {
  private seq: number;
  private hash: string;
  private count = 0;
  private known: boolean | null = null;

  /** `expected` is what somebody knows of the chain from elsewhere. */
  constructor(
    private goal: ChainState,
    private readonly seal: Seal,
    private readonly expected: { readonly seq: number; readonly hash: string } | null = null,
  ) {
    this.seq = goal.purged;
    this.hash = goal.anchor;
    this.meet(this.seq, this.hash);
  }

  /** Number of the last record that was found right. */
  get position(): number {
    return this.seq;
  }

  get checked(): number {
    return this.count;
  }

  /** How many records it will check from here on. */
  get left(): number {
    return Math.max(0, this.goal.length - this.seq);
  }

  get isOver(): boolean {
    return this.seq >= this.goal.length;
  }

  /** Begins anew behind what has been removed meanwhile; the goal stays. */
  moveTo({ purged, anchor }: Pick<ChainState, 'purged' | 'anchor'>): void {
    this.seq = purged;
    this.hash = anchor;
    this.meet(purged, anchor);
    if (this.goal.length < purged) this.goal = { ...this.goal, length: purged, head: anchor };
  }

  /** The next records there are, in their order; none if none are left. */
  take(records: readonly AuditRecord[]): Finding | null {
    if (records.length === 0) return this.cutOff();
    for (const [index, record] of records.entries()) {
      if (this.isOver) break;
      const kind = this.judge(record, records.slice(index + 1, index + 1 + neighbourhood));
      if (kind) return this.finding(kind, record);
      this.seq = record.seq;
      this.hash = record.hash;
      this.count += 1;
      this.meet(record.seq, record.hash);
    }
    return this.isOver && this.hash !== this.goal.head
      ? {
          kind: 'replaced',
          seq: this.seq,
          text: `Record ${this.seq} is not the one that was signed as last.`,
        }
      : null;
  }

  /** Whether what somebody knows from elsewhere has been met. */
  judgeKnown(): Finding | null {
    const { expected } = this;
    if (!expected || this.known === true) return null;
    const isAhead = expected.seq > this.seq;
    const isGone = expected.seq < this.goal.purged;
    if (!isAhead && this.known === null && isGone) return null;
    return {
      kind: isAhead ? 'truncated' : 'unexpected',
      seq: expected.seq,
      text: isAhead
        ? `The chain ends with record ${this.seq}, before record ${expected.seq}, which there has been.`
        : `Record ${expected.seq} has another hash than expected.`,
    };
  }

  private judge(record: AuditRecord, following: readonly AuditRecord[]): FindingKind | null {
    const due = this.seq + 1;
    if (record.seq !== due) return 'removed';
    if (!isIntact(record, this.seal)) return this.diagnose(record, following);
    if (record.previousHash !== this.hash) return 'replaced';
    return record.type === stateAltered ? 'state' : null;
  }

  /** The number is part of what is sealed, so a record tells where it has come from. */
  private diagnose(record: AuditRecord, following: readonly AuditRecord[]): FindingKind {
    const isDueLater = following.some((other) => this.isDue(other));
    if (this.isOfAnotherPlace(record)) return isDueLater ? 'reordered' : 'removed';
    return isDueLater ? 'inserted' : 'altered';
  }

  private isDue(record: AuditRecord): boolean {
    return record.previousHash === this.hash && isIntactAs(this.seq + 1, record, this.seal);
  }

  private isOfAnotherPlace(record: AuditRecord): boolean {
    for (let distance = 1; distance <= neighbourhood; distance += 1) {
      if (isIntactAs(record.seq + distance, record, this.seal)) return true;
      if (record.seq > distance && isIntactAs(record.seq - distance, record, this.seal)) return true;
    }
    return false;
  }

  private cutOff(): Finding | null {
    if (this.isOver) return null;
    const seq = this.seq + 1;
    return { kind: 'truncated', seq, text: `Records ${seq} to ${this.goal.length} are missing.` };
  }

  private finding(kind: FindingKind, record: AuditRecord): Finding {
    const seq = this.seq + 1;
    const texts: Partial<Record<FindingKind, string>> = {
      altered: `Record ${seq} is not what was written.`,
      removed: `Record ${seq} is missing${record.seq > seq ? `; the next there is has number ${record.seq}` : ''}.`,
      inserted: `Record ${seq} was not written here; the one that was follows it.`,
      reordered: `Record ${seq} was written under another number.`,
      replaced: `Record ${seq} was written here, but not behind record ${seq - 1}.`,
      state: `Before record ${seq} what was written of the length of the chain had been altered.`,
    };
    return { kind, seq, text: texts[kind]! };
  }

  private meet(seq: number, hash: string): void {
    if (this.expected && seq === this.expected.seq) this.known = hash === this.expected.hash;
  }
}
