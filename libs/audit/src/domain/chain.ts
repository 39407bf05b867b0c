import type { AuditEntry, AuditRecord } from './audit-record.js';
import { canonicalJson } from './canonical-json.js';

/** What only this installation can compute, and whoever has its key can check. */
export abstract class Seal {
  /** 64 hex characters. */
  abstract of(text: string): string;
}

/** What stands before the first record. */
export const genesis = '0'.repeat(64);

/** Type of the record that says that the state before it was not signed here. */
export const stateAltered = 'audit.state_altered';

/** How far the chain reaches; signed, so that a shorter one cannot be passed off as whole. */
export interface ChainState {
  /** Number of the last record. */
  readonly length: number;
  /** Its hash. */
  readonly head: string;
  /** Number of the last record that was removed because of its age; 0 if none was. */
  readonly purged: number;
  /** Its hash: what the oldest record that is left refers to. */
  readonly anchor: string;
  /** Whatever was removed is older. */
  readonly purgedBefore: Date | null;
}

export interface SignedState extends ChainState {
  readonly signature: string;
}

export const emptyChain: ChainState = {
  length: 0,
  head: genesis,
  purged: 0,
  anchor: genesis,
  purgedBefore: null,
};

/** The record that follows another. */
export function link(
  entry: AuditEntry,
  { length, head }: Pick<ChainState, 'length' | 'head'>,
  seal: Seal,
): AuditRecord {
  const placed = { ...entry, seq: length + 1, previousHash: head };
  return { ...placed, hash: hashOf(placed, seal) };
}

export function isIntact(record: AuditRecord, seal: Seal): boolean {
  return hashOf(record, seal) === record.hash;
}

/** It is what once was written, though under that number. */
export function isIntactAs(seq: number, record: AuditRecord, seal: Seal): boolean {
  return hashOf({ ...record, seq }, seal) === record.hash;
}

export function signed(state: ChainState, seal: Seal): SignedState {
  return { ...state, signature: signatureOf(state, seal) };
}

export function isGenuine(state: SignedState, seal: Seal): boolean {
  return signatureOf(state, seal) === state.signature;
}

/** Every member by name: what is added to a record later needs a version of its own. */
function hashOf(record: Omit<AuditRecord, 'hash'>, seal: Seal): string {
  const { seq, previousHash, eventId, type, at, actorKind, actorId, userId } = record;
  const { sessionId, tokenId, note, ipAddress, details } = record;
  const who = { actorKind, actorId, userId, sessionId, tokenId, note, ipAddress };
  const text = { v: 1, seq, previousHash, eventId, type, at: at.toISOString(), ...who, details };
  return seal.of(`record ${canonicalJson(text)}`);
}

function signatureOf({ length, head, purged, anchor, purgedBefore }: ChainState, seal: Seal): string {
  const before = purgedBefore?.toISOString() ?? null;
  return seal.of(`state ${canonicalJson({ v: 1, length, head, purged, anchor, before })}`);
}
