/**
 * `altered`: the record is not what was written. `removed`: one is missing. `inserted`: one was never written here.
 * `reordered`: it was written under another number. `replaced`: it belongs to another history of the same
 * installation. `truncated`: the last ones are missing. `state`: what says how long the chain is was not written here.
 * `unrecorded`: the event log has an event of which the record is missing. `unexpected`: not what the caller knows.
 */
export type FindingKind =
  | 'altered'
  | 'removed'
  | 'inserted'
  | 'reordered'
  | 'replaced'
  | 'truncated'
  | 'state'
  | 'unrecorded'
  | 'unexpected';

/** The first thing that is wrong. */
export interface Finding {
  readonly kind: FindingKind;
  /** Where the chain is broken; null where no number can be told. */
  readonly seq: number | null;
  /** One sentence. */
  readonly text: string;
}

export interface Verification {
  readonly at: Date;
  /** Records that were checked. */
  readonly checked: number;
  /** Number of the last record. */
  readonly length: number;
  /** Its hash: whoever keeps it elsewhere can ask for it later. */
  readonly head: string;
  /** Null: the chain is whole. */
  readonly finding: Finding | null;
}
