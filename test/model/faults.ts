import type { Rules } from './rules.js';
import type { Index, State } from './state.js';
import { copy, EACH, Epoch, NOWHERE, Read, Revoker } from './state.js';
import type { Steps } from './steps.js';

export const FAULTS = [
  'revokerCutFromRedis',
  'readerCutFromRedis',
  'revokerCutFromPostgres',
  'readerCutFromPostgres',
  'kill',
  'redisDown',
  'postgresDown',
  'oldAof',
  'flushAll',
  'splitFailover',
  'lostCommit',
] as const;
export type Fault = (typeof FAULTS)[number];

/** A late fill is ordinary concurrency: it may happen besides any number of faults, and is none itself. */
export type Hazard = Fault | 'lateFill';
export type Hazards = Readonly<Partial<Record<Hazard, boolean>>>;

export const only = (...hazards: Hazard[]): Hazards =>
  Object.fromEntries(hazards.map((hazard) => [hazard, true]));
export const EVERY_HAZARD: Hazards = only('lateFill', ...FAULTS);

export function faultSteps(state: State, hazards: Hazards, rules: Rules, steps: Steps): void {
  for (const i of EACH) {
    const { redisLink, postgresLink } = state.instances[i];
    const cutsRedis = i === 0 ? hazards.revokerCutFromRedis : hazards.readerCutFromRedis;
    const cutsPostgres = i === 0 ? hazards.revokerCutFromPostgres : hazards.readerCutFromPostgres;
    if (cutsRedis && redisLink) steps.to(cutFromRedis(state, i), 'is cut from Redis', i);
    if (cutsPostgres && postgresLink) steps.to(cutFromPostgres(state, i), 'is cut from Postgres', i);
    if (hazards.kill && rules.feed) steps.to(kill(state, i), 'is killed and restarts', i);
  }
  if (hazards.redisDown && state.redisUp) steps.to(redisDown(state), 'Redis goes down');
  if (hazards.postgresDown && state.postgresUp) steps.to(postgresDown(state), 'Postgres goes down');
  if (hazards.oldAof && state.redisUp) steps.to(restartOnOldAof(state), 'Redis restarts on an old AOF');
  if (hazards.flushAll && state.redisUp) steps.to(flushAll(state), 'FLUSHALL');
  if (hazards.splitFailover && state.redisUp && followers(state) === 0) {
    for (const i of EACH)
      steps.to(splitFailover(state, i), 'follows a failover to the lagging replica first', i);
  }
  if (hazards.lostCommit && state.postgresUp && state.committed) {
    steps.to(loseCommit(state), 'Postgres fails over and loses the commit');
  }
}

/** Repairs happen at any time and are never counted. */
export function healSteps(state: State, steps: Steps): void {
  if (followers(state) === 1) steps.to(finishFailover(state), 'the other instance follows the failover too');
  for (const i of EACH) {
    const { redisLink, postgresLink } = state.instances[i];
    if (!redisLink) steps.to(reconnectRedis(state, i), 'reaches Redis again', i);
    if (!postgresLink) steps.to(reconnectPostgres(state, i), 'reaches Postgres again', i);
  }
  if (!state.redisUp) steps.to(redisBack(state), 'Redis is back with its memory');
  if (!state.postgresUp) steps.to(postgresBack(state), 'Postgres is back');
}

/** Instances that follow the promoted replica. */
const followers = ({ instances }: State): number => instances[0].node + instances[1].node;

function fault(state: State): State {
  const next = copy(state);
  next.faults += 1;
  return next;
}

function cutFromRedis(state: State, i: Index): State {
  const next = fault(state);
  next.instances[i].redisLink = false;
  return next;
}

function cutFromPostgres(state: State, i: Index): State {
  const next = fault(state);
  next.instances[i].postgresLink = false;
  return next;
}

/** Takes the map, the lease, the validation under way, and a revocation that was not yet answered. */
function kill(state: State, i: Index): State {
  const next = fault(state);
  const instance = next.instances[i];
  instance.ready = false;
  instance.feedFresh = false;
  instance.knows = false;
  instance.verified = NOWHERE;
  instance.read = Read.idle;
  instance.readIsLate = false;
  if (i === 0 && next.revoker !== Revoker.idle) next.revoker = Revoker.done;
  return next;
}

function redisDown(state: State): State {
  const next = fault(state);
  next.redisUp = false;
  return next;
}

function postgresDown(state: State): State {
  const next = fault(state);
  next.postgresUp = false;
  return next;
}

/** The deleted entry is back and the tombstone is not, under a new run id. */
function restartOnOldAof(state: State): State {
  const next = fault(state);
  const run = next.nodes[0].run + 1;
  next.nodes[0] = { holdsEntry: true, holdsTombstone: false, epoch: Epoch.original, run };
  return next;
}

function flushAll(state: State): State {
  const next = fault(state);
  for (const node of next.nodes) {
    node.holdsEntry = false;
    node.holdsTombstone = false;
    node.epoch = Epoch.gone;
  }
  return next;
}

/** The replica never received the delete; until the other instance moves too, there are two primaries. */
function splitFailover(state: State, first: Index): State {
  const next = fault(state);
  next.nodes[1].holdsEntry = true;
  next.nodes[1].holdsTombstone = false;
  next.instances[first].node = 1;
  return next;
}

function loseCommit(state: State): State {
  const next = fault(state);
  next.committed = false;
  return next;
}

function finishFailover(state: State): State {
  const next = copy(state);
  for (const instance of next.instances) instance.node = 1;
  return next;
}

function reconnectRedis(state: State, i: Index): State {
  const next = copy(state);
  next.instances[i].redisLink = true;
  return next;
}

function reconnectPostgres(state: State, i: Index): State {
  const next = copy(state);
  next.instances[i].postgresLink = true;
  return next;
}

function redisBack(state: State): State {
  const next = copy(state);
  next.redisUp = true;
  return next;
}

function postgresBack(state: State): State {
  const next = copy(state);
  next.postgresUp = true;
  return next;
}
