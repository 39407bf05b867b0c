import type { LogPosition } from './log-position.js';

/**
 * What a statement could see, as the database writes it (`xmin:xmax:running,…`): the changes of all transactions below
 * `xmax` but those that were running. Of two that were taken one after the other the later one shows all that the earlier
 * one shows.
 */
export type Snapshot = string;

interface Parts {
  readonly oldest: LogPosition;
  /** First transaction that had not begun. */
  readonly next: LogPosition;
  readonly running: readonly LogPosition[];
}

/** True if everything that `other` shows is shown by `one`, too. */
export function includes(one: Snapshot, other: Snapshot): boolean {
  const [left, right] = [partsOf(one), partsOf(other)];
  if (right.next > left.next) return false;
  const hidden = new Set(right.running);
  return left.running.every((transaction) => transaction >= right.next || hidden.has(transaction));
}

/** Short, and of the characters 0-9, a-z and `-` alone. */
export function packSnapshot(snapshot: Snapshot): string {
  const { oldest, next, running } = partsOf(snapshot);
  const steps = running.map((transaction, index) => transaction - (running[index - 1] ?? oldest));
  return [oldest, next - oldest, ...steps].map((part) => part.toString(36)).join('-');
}

/** Null for what `packSnapshot` has not made; what comes out can be read by the database. */
export function unpackSnapshot(packed: string): Snapshot | null {
  if (!/^[0-9a-z]{1,11}(?:-[0-9a-z]{1,11})+$/.test(packed)) return null;
  const [oldest = 0, width = 0, ...steps] = packed.split('-').map((part) => Number.parseInt(part, 36));
  const next = oldest + width;
  let last = oldest;
  const running = steps.map((step) => (last += step));
  const isRising = steps.every((step, index) => step > 0 || index === 0);
  if (oldest < 1 || !Number.isSafeInteger(next) || !isRising || last > next) return null;
  if (running.length > 0 && last >= next) return null;
  return `${oldest}:${next}:${running.join(',')}`;
}

function partsOf(snapshot: Snapshot): Parts {
  const [oldest = '', next = '', running = ''] = snapshot.split(':');
  return {
    oldest: Number(oldest),
    next: Number(next),
    running: running === '' ? [] : running.split(',').map(Number),
  };
}
