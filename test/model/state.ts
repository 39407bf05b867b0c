/**
 * Everything the protocol can be in: one session, one revocation, two instances (0 revokes and validates, 1
 * only validates), Postgres, and two Redis nodes (1 is the lagging replica a failover promotes).
 */
export type Index = 0 | 1;
export const EACH: readonly Index[] = [0, 1];

/** The random `epoch` key of a Redis node: `gone` after FLUSHALL, `recreated` by the next poll that sees this. */
export const Epoch = { gone: 0, original: 1, recreated: 2 } as const;
export type Epoch = (typeof Epoch)[keyof typeof Epoch];

/** One fill read "valid" from Postgres and its write is under way, possibly long after its client gave up. */
export const Fill = { none: 0, boundForNode0: 1, boundForNode1: 2, done: 3 } as const;
export type Fill = (typeof Fill)[keyof typeof Fill];

export const Revoker = { idle: 0, committed: 1, tombstoned: 2, done: 3 } as const;
export type Revoker = (typeof Revoker)[keyof typeof Revoker];

/** `complete` promises that no request which starts from now on is accepted; `pending` does not. */
export const Answer = { none: 0, complete: 1, pending: 2 } as const;
export type Answer = (typeof Answer)[keyof typeof Answer];

/** How far a validation has come; every step between two of these can interleave with anything. */
export const Read = { idle: 0, started: 1, mapChecked: 2, foundEntry: 3, missed: 4, redisFailed: 5 } as const;
export type Read = (typeof Read)[keyof typeof Read];

/** A run of a Redis node under one epoch, 1..15: what `(run_id, epoch)` tells apart. 0 is no place at all. */
export type Place = number;
export const NOWHERE: Place = 0;

export interface RedisNode {
  holdsEntry: boolean;
  holdsTombstone: boolean;
  epoch: Epoch;
  /** Restarts on an old AOF, 0..3; only node 0 has them. */
  run: number;
}

export interface Instance {
  /** The Redis node it takes for the primary. */
  node: Index;
  redisLink: boolean;
  postgresLink: boolean;
  /** Has polled since it started; only then it serves. */
  ready: boolean;
  /** Its last poll began less than a lease ago. */
  feedFresh: boolean;
  /** The revocation is in its revoked map. */
  knows: boolean;
  /** Where its Redis was when the feed was last fresh; this is what it publishes. */
  verified: Place;
  read: Read;
  /** The validation under way began after the revoker answered `complete`. */
  readIsLate: boolean;
}

export interface State {
  postgresUp: boolean;
  /** Postgres holds the revocation. */
  committed: boolean;
  redisUp: boolean;
  nodes: [RedisNode, RedisNode];
  instances: [Instance, Instance];
  fill: Fill;
  revoker: Revoker;
  /** Where the tombstone was written (in designs without tombstones: where the entry was deleted). */
  tombstonedAt: Place;
  answer: Answer;
  /** Faults so far, 0..3. */
  faults: number;
}

export const place = (node: Index, run: number, epoch: Epoch): Place =>
  node === 0 ? 1 + run * 3 + epoch : 13 + epoch;

export function copy(state: State): State {
  const { nodes, instances } = state;
  return {
    ...state,
    nodes: [{ ...nodes[0] }, { ...nodes[1] }],
    instances: [{ ...instances[0] }, { ...instances[1] }],
  };
}

/** All is well, the session is valid and cached, and the replica has received the entry. */
export function initialState(): State {
  const node: RedisNode = { holdsEntry: true, holdsTombstone: false, epoch: Epoch.original, run: 0 };
  const instance: Instance = {
    node: 0,
    redisLink: true,
    postgresLink: true,
    ready: true,
    feedFresh: true,
    knows: false,
    verified: place(0, 0, Epoch.original),
    read: Read.idle,
    readIsLate: false,
  };
  return copy({
    postgresUp: true,
    committed: false,
    redisUp: true,
    nodes: [node, node],
    instances: [instance, instance],
    fill: Fill.none,
    revoker: Revoker.idle,
    tombstonedAt: NOWHERE,
    answer: Answer.none,
    faults: 0,
  });
}

export const reachesRedis = (state: State, i: Index): boolean =>
  state.redisUp && state.instances[i].redisLink;

export const reachesPostgres = (state: State, i: Index): boolean =>
  state.postgresUp && state.instances[i].postgresLink;
