/** The rules a design consists of. Each can be taken away, to see what it holds up. */
export interface Rules {
  /** Every instance follows the revocations in Postgres and keeps them in its revoked map. */
  readonly feed: boolean;
  /** The delete (or tombstone) must be confirmed by Redis before the revoker answers `complete`. */
  readonly confirmedDelete: boolean;
  /** The delete leaves a tombstone behind; a fill that finds one is refused. */
  readonly tombstone: boolean;
  /** `complete` only when every instance knows the revocation, or provably obeys the tombstone. */
  readonly barrier: boolean;
  /** An entry alone is believed only under a fresh feed. */
  readonly lease: boolean;
  /** The map is consulted again after the last await of a validation. */
  readonly late: boolean;
  /** Without Postgres, an entry is believed only where the feed last verified Redis. */
  readonly fence: boolean;
  /** Without Postgres, an entry inside the fence is believed at all: what keeps a Postgres outage harmless. */
  readonly cacheOnly: boolean;
  /** A lapsed instance obeys the tombstone only if it lies where that instance last verified Redis. */
  readonly match: boolean;
  /** A place is not only the run of a Redis node but also its epoch key, which FLUSHALL takes away. */
  readonly epoch: boolean;
  /** An instance whose map holds a revocation that Postgres lost writes it again. */
  readonly reassert: boolean;
}

export type Rule = keyof Rules;

/** Feed, barrier, tombstone and fences. */
const full: Rules = {
  feed: true,
  confirmedDelete: true,
  tombstone: true,
  barrier: true,
  lease: true,
  late: true,
  fence: true,
  cacheOnly: true,
  match: true,
  epoch: true,
  reassert: true,
};

/** Without the feed, the rules that speak of it (from lease on) have no effect. */
export const DESIGNS = {
  /** Delete the entry and answer, whatever Redis said: most write-through caches. */
  naive: { ...full, feed: false, barrier: false, tombstone: false, confirmedDelete: false },
  /** Answer only if Redis confirmed the delete. */
  strictdel: { ...full, feed: false, barrier: false, tombstone: false },
  /** Leave a tombstone that refuses late fills, answer only if Redis confirmed it. */
  tomb: { ...full, feed: false, barrier: false },
  full,
} satisfies Record<string, Rules>;

export type Design = keyof typeof DESIGNS;

export const fullWithout = (rule: Rule): Rules => ({ ...full, [rule]: false });
