import type { Rules } from './rules.js';
import type { Index, State } from './state.js';
import { copy, Epoch, Fill, reachesPostgres } from './state.js';
import type { Steps } from './steps.js';

/**
 * Instance 1 reads "valid" from Postgres and sends its cache write, which lands at any later time or never:
 * a command whose client timed out still runs.
 */
export function fillSteps(state: State, rules: Rules, steps: Steps): void {
  if (state.fill === Fill.none && !state.committed && reachesPostgres(state, 1)) {
    steps.to(readForFill(state), 'reads "valid" from Postgres, its fill is on the way', 1);
  }
}

/** The write happens in Redis, whatever has become of the instance that sent it. */
export function fillLandingSteps(state: State, rules: Rules, steps: Steps): void {
  if (state.fill === Fill.none || state.fill === Fill.done || !state.redisUp) return;
  const node: Index = state.fill === Fill.boundForNode0 ? 0 : 1;
  if (fillIsAllowed(state, node, rules)) steps.to(fillLands(state, node), 'the late fill lands');
  else steps.to(fillIsRejected(state), 'the late fill is rejected');
}

/** What the fill script asks: no tombstone, and still the epoch that the filler knew. */
function fillIsAllowed(state: State, node: Index, rules: Rules): boolean {
  const { holdsTombstone, epoch } = state.nodes[node];
  return !holdsTombstone && (!rules.feed || !rules.epoch || epoch === Epoch.original);
}

function readForFill(state: State): State {
  const next = copy(state);
  next.fill = state.instances[1].node === 0 ? Fill.boundForNode0 : Fill.boundForNode1;
  return next;
}

function fillLands(state: State, node: Index): State {
  const next = copy(state);
  next.nodes[node].holdsEntry = true;
  next.fill = Fill.done;
  return next;
}

function fillIsRejected(state: State): State {
  const next = copy(state);
  next.fill = Fill.done;
  return next;
}
