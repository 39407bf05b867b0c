import type { Answer, Epoch, Fill, Index, Instance, Read, RedisNode, Revoker, State } from './state.js';

/**
 * A state fits in two integers of 25 and 28 bits, so that millions of them can be kept and compared cheaply.
 *
 * stores and revoker (25): postgresUp 1, committed 1, redisUp 1, node 0 {entry 1, tombstone 1, epoch 2, run 2},
 *   node 1 {entry 1, tombstone 1, epoch 2}, fill 2, revoker 2, tombstonedAt 4, answer 2, faults 2
 * instances (2 × 14): node 1, redisLink 1, postgresLink 1, ready 1, feedFresh 1, knows 1, verified 4, read 3,
 *   readIsLate 1
 */
export function packStores(state: State): number {
  const [first, second] = state.nodes;
  return (
    bit(state.postgresUp) |
    (bit(state.committed) << 1) |
    (bit(state.redisUp) << 2) |
    (packNode(first) << 3) |
    (first.run << 7) |
    (packNode(second) << 9) |
    (state.fill << 13) |
    (state.revoker << 15) |
    (state.tombstonedAt << 17) |
    (state.answer << 21) |
    (state.faults << 23)
  );
}

export const packInstances = (state: State): number =>
  packInstance(state.instances[0]) | (packInstance(state.instances[1]) << 14);

export function unpack(stores: number, instances: number): State {
  return {
    postgresUp: has(stores, 0),
    committed: has(stores, 1),
    redisUp: has(stores, 2),
    nodes: [unpackNode(stores >> 3, (stores >> 7) & 3), unpackNode(stores >> 9, 0)],
    instances: [unpackInstance(instances), unpackInstance(instances >> 14)],
    fill: ((stores >> 13) & 3) as Fill,
    revoker: ((stores >> 15) & 3) as Revoker,
    tombstonedAt: (stores >> 17) & 15,
    answer: ((stores >> 21) & 3) as Answer,
    faults: (stores >> 23) & 3,
  };
}

const bit = (claim: boolean): number => (claim ? 1 : 0);
const has = (bits: number, position: number): boolean => ((bits >> position) & 1) === 1;

const packNode = (node: RedisNode): number =>
  bit(node.holdsEntry) | (bit(node.holdsTombstone) << 1) | (node.epoch << 2);

const unpackNode = (bits: number, run: number): RedisNode => ({
  holdsEntry: has(bits, 0),
  holdsTombstone: has(bits, 1),
  epoch: ((bits >> 2) & 3) as Epoch,
  run,
});

const packInstance = (instance: Instance): number =>
  instance.node |
  (bit(instance.redisLink) << 1) |
  (bit(instance.postgresLink) << 2) |
  (bit(instance.ready) << 3) |
  (bit(instance.feedFresh) << 4) |
  (bit(instance.knows) << 5) |
  (instance.verified << 6) |
  (instance.read << 10) |
  (bit(instance.readIsLate) << 13);

const unpackInstance = (bits: number): Instance => ({
  node: (bits & 1) as Index,
  redisLink: has(bits, 1),
  postgresLink: has(bits, 2),
  ready: has(bits, 3),
  feedFresh: has(bits, 4),
  knows: has(bits, 5),
  verified: (bits >> 6) & 15,
  read: ((bits >> 10) & 7) as Read,
  readIsLate: has(bits, 13),
});
