import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { AuditRecord } from '../domain/audit-record.js';
import { AuditReader } from '../domain/audit-reader.js';
import { emptyChain, isGenuine, Seal, type SignedState } from '../domain/chain.js';
import { ChainWalk } from '../domain/chain-walk.js';
import type { Finding, Verification } from '../domain/finding.js';

/** Records in memory at once. */
const batch = 2_000;

export interface VerificationWish {
  /** What somebody has kept of the chain elsewhere. */
  readonly known?: { readonly seq: number; readonly hash: string } | null;
  /** The first record to be checked, when what is wrong before it is known; the oldest one unless told. */
  readonly from?: number | null;
  /** Hears after each stretch how many records have been checked, and of how many. */
  readonly onProgress?: (checked: number, total: number) => void;
}

/**
 * Checks the whole chain in stretches, and the event log against it. Beside running instances, of which none waits.
 * With the last hash of an earlier verification it also notices that everything was set back to an earlier state, which
 * nothing inside the database can tell.
 */
@Injectable()
export class AuditVerification {
  constructor(
    private readonly reader: AuditReader,
    private readonly seal: Seal,
    private readonly clock: Clock,
  ) {}

  /** The first thing that is wrong, if anything. Rejects with StoreUnavailableError. */
  async run({ known = null, from = null, onProgress }: VerificationWish = {}): Promise<Verification> {
    const at = this.clock.now();
    const { state } = await this.reader.standing();
    const walk = new ChainWalk(state ?? emptyChain, this.seal, known);
    if (from !== null) await this.skipTo(walk, from);
    const finding =
      this.judgeState(state) ??
      (await this.walk(walk, onProgress)) ??
      (await this.judgeEnd(walk)) ??
      (await this.compare(walk));
    const { length, head } = state ?? emptyChain;
    const verification: Verification = { at, checked: walk.checked, length, head, finding };
    await this.reader.noteVerification(verification);
    return verification;
  }

  /** What the last one said, of whichever process; null before the first. */
  last(): Promise<Verification | null> {
    return this.reader.verification();
  }

  private async skipTo(walk: ChainWalk, from: number): Promise<void> {
    const [first] = await this.reader.stretch(from - 1, 1);
    if (first) walk.moveTo({ purged: first.seq - 1, anchor: first.previousHash });
  }

  private judgeState(state: SignedState | null): Finding | null {
    if (!state || isGenuine(state, this.seal)) return null;
    return stateFinding('What is written of the length of the chain was not signed with this SECRET_KEY.');
  }

  private async walk(walk: ChainWalk, onProgress: VerificationWish['onProgress']): Promise<Finding | null> {
    while (!walk.isOver) {
      const records = await this.reader.stretch(walk.position, batch);
      if (await this.hasMovedOn(walk, records)) continue;
      const finding = walk.take(records);
      if (finding) return finding;
      onProgress?.(walk.checked, walk.checked + walk.left);
    }
    return null;
  }

  /** Old records may be removed meanwhile, as is their way: then what is left is checked from the new anchor on. */
  private async hasMovedOn(walk: ChainWalk, [first]: readonly AuditRecord[]): Promise<boolean> {
    if (first?.seq === walk.position + 1) return false;
    const { state } = await this.reader.standing();
    if (!state || state.purged <= walk.position || !isGenuine(state, this.seal)) return false;
    walk.moveTo(state);
    return true;
  }

  private async judgeEnd(walk: ChainWalk): Promise<Finding | null> {
    const { state, last } = await this.reader.standing();
    if (!state)
      return last === null
        ? walk.judgeKnown()
        : stateFinding('There are records, but nothing says how many there have to be.');
    if (last !== null && last > state.length)
      return {
        kind: 'inserted',
        seq: state.length + 1,
        text: `The chain ends with record ${state.length}; record ${state.length + 1} was not written here.`,
      };
    return walk.judgeKnown();
  }

  private async compare(walk: ChainWalk): Promise<Finding | null> {
    for (let after = 0; ;) {
      const { upTo, missing } = await this.reader.compare(after);
      if (missing)
        return {
          kind: 'unrecorded',
          seq: walk.position + 1,
          text: `Event ${missing.id} (${missing.type}) has been read and has no record.`,
        };
      if (upTo === null) return null;
      after = upTo;
    }
  }
}

function stateFinding(text: string): Finding {
  return { kind: 'state', seq: null, text };
}
