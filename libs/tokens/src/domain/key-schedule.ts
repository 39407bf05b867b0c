import { RotationTooEarlyError, SigningKeyNotFoundError } from './tokens.errors.js';
import { type KeyChanges, noChanges, type StoredSigningKey } from './signing-key.js';

const secondMs = 1000;
const dayMs = 86_400 * secondMs;

/** Seconds. */
export const keyTiming = {
  /** How long others may keep the published keys. */
  cache: 300,
  /** A key is published so long before it signs: everybody who keeps to `cache` knows it by then. */
  lead: 600,
  /** The longest life that ACCESS_TOKEN_TTL allows, whatever it is now, and a minute for clocks that differ. */
  overlap: 960,
} as const;

export type KeyState = 'next' | 'signing' | 'retired' | 'withdrawn';

export interface KeyPolicy {
  readonly rotationSeconds: number;
  readonly historyDays: number;
}

export function stateOf(key: StoredSigningKey): KeyState {
  if (key.withdrawnAt) return 'withdrawn';
  if (key.retiredAt) return 'retired';
  return key.signsFrom ? 'signing' : 'next';
}

export function keyIn(
  state: 'next' | 'signing',
  keys: readonly StoredSigningKey[],
): StoredSigningKey | undefined {
  return keys.find((key) => stateOf(key) === state);
}

/** No token of the key that lives at a later time is genuine; null while there is no such time. */
export function lastTokenDies(key: StoredSigningKey): Date | null {
  return key.retiredAt && later(key.retiredAt, keyTiming.overlap * secondMs);
}

/** Others need it: a token that it signs, signed or will sign may still be alive. */
export function isPublished(key: StoredSigningKey, now: Date): boolean {
  const end = lastTokenDies(key);
  return key.withdrawnAt === null && (end === null || now < end);
}

/** Something is to be done that nobody asked for. Cheap, so that it can be asked all the time. */
export function isDue(keys: readonly StoredSigningKey[], now: Date, policy: KeyPolicy): boolean {
  if (!keyIn('signing', keys) || !keyIn('next', keys)) return true;
  return isOverdue(keys, now, policy) || leftovers(keys, now, policy) !== noChanges;
}

/** What age alone asks for: the first key, a successor, the successor's turn, and removal of what is over. */
export function keepUp(
  keys: readonly StoredSigningKey[],
  now: Date,
  policy: KeyPolicy,
  make: () => StoredSigningKey,
): KeyChanges {
  const signing = keyIn('signing', keys);
  const next = keyIn('next', keys);
  if (!signing) return promoted(undefined, next ?? make(), now, make);
  if (!next) return { put: [make()], remove: [] };
  return isOverdue(keys, now, policy) ? promoted(signing, next, now, make) : leftovers(keys, now, policy);
}

/** The successor's turn at once. Throws RotationTooEarlyError while others may not know it yet. */
export function rotated(
  keys: readonly StoredSigningKey[],
  now: Date,
  policy: KeyPolicy,
  make: () => StoredSigningKey,
): KeyChanges {
  const next = keyIn('next', keys);
  const signing = keyIn('signing', keys);
  if (!next || !signing) return keepUp(keys, now, policy, make);
  if (now < knownFrom(next)) throw new RotationTooEarlyError(knownFrom(next));
  return promoted(signing, next, now, make);
}

/** Ends a key at once and puts others in its place, known to everybody or not: a leaked key cannot wait. */
export function withdrawn(
  keys: readonly StoredSigningKey[],
  kid: string,
  now: Date,
  make: () => StoredSigningKey,
): KeyChanges {
  const key = keys.find((each) => each.kid === kid);
  if (!key) throw new SigningKeyNotFoundError();
  const dead = { ...key, sealedPrivateKey: null, withdrawnAt: now, retiredAt: key.retiredAt ?? now };
  switch (stateOf(key)) {
    case 'withdrawn':
      return noChanges;
    case 'retired':
      return { put: [dead], remove: [] };
    case 'next':
      return { put: [dead, make()], remove: [] };
    case 'signing': {
      const { put } = promoted(undefined, keyIn('next', keys) ?? make(), now, make);
      return { put: [dead, ...put], remove: [] };
    }
  }
}

/** In this order: at no moment do two keys sign, or wait for their turn. */
function promoted(
  signing: StoredSigningKey | undefined,
  next: StoredSigningKey,
  now: Date,
  make: () => StoredSigningKey,
): KeyChanges {
  const retiring = signing ? [{ ...signing, retiredAt: now }] : [];
  return { put: [...retiring, { ...next, signsFrom: now }, make()], remove: [] };
}

function isOverdue(keys: readonly StoredSigningKey[], now: Date, policy: KeyPolicy): boolean {
  const signing = keyIn('signing', keys);
  const next = keyIn('next', keys);
  if (!signing?.signsFrom || !next) return false;
  return now >= later(signing.signsFrom, policy.rotationSeconds * secondMs) && now >= knownFrom(next);
}

/**
 * Retired keys: the private half goes when the last token has died, the row when no ended session is told of any
 * more. Withdrawn ones stay, so that it can be seen later what happened.
 */
function leftovers(keys: readonly StoredSigningKey[], now: Date, policy: KeyPolicy): KeyChanges {
  const retired = keys.filter((key) => stateOf(key) === 'retired');
  const remove = retired.filter((key) => now >= later(key.retiredAt!, policy.historyDays * dayMs));
  const put = retired
    .filter((key) => !remove.includes(key) && key.sealedPrivateKey !== null && !isPublished(key, now))
    .map((key) => ({ ...key, sealedPrivateKey: null }));
  return put.length + remove.length === 0 ? noChanges : { put, remove: remove.map(({ kid }) => kid) };
}

function knownFrom(key: StoredSigningKey): Date {
  return later(key.createdAt, keyTiming.lead * secondMs);
}

function later(time: Date, byMs: number): Date {
  return new Date(time.getTime() + byMs);
}
