import type { Rules } from './rules.js';
import type { Index, Place, State } from './state.js';
import { copy, EACH, Epoch, place, reachesPostgres, reachesRedis } from './state.js';
import type { Steps } from './steps.js';

/** Every instance polls the revocations in Postgres, at its own pace or, cut off, not at all. */
export function feedSteps(state: State, rules: Rules, steps: Steps): void {
  if (!rules.feed) return;
  for (const i of EACH) {
    const { knows, feedFresh } = state.instances[i];
    if (reachesPostgres(state, i)) {
      if (rules.reassert && knows && !state.committed) {
        steps.to(reassert(state), 're-asserts the lost revocation', i);
      }
      if (pollBringsNews(state, i, rules)) steps.to(poll(state, i, rules), 'polls the feed', i);
    } else if (feedFresh) {
      steps.to(lapse(state, i), 'lets its feed lease lapse', i);
    }
  }
}

/** The Redis an instance talks to, as far as `(run_id, epoch)` can tell one from another. */
export function currentPlace(state: State, i: Index, rules: Rules): Place {
  const { node } = state.instances[i];
  const { run, epoch } = state.nodes[node];
  return place(node, run, rules.epoch ? epoch : Epoch.original);
}

/** A poll that would change nothing is left out. */
function pollBringsNews(state: State, i: Index, rules: Rules): boolean {
  const { ready, feedFresh, knows, verified, node } = state.instances[i];
  if (!ready || !feedFresh || (state.committed && !knows)) return true;
  if (!reachesRedis(state, i)) return false;
  return state.nodes[node].epoch === Epoch.gone || verified !== currentPlace(state, i, rules);
}

/** Merges the revocation into the map, renews the lease, and publishes the Redis it found, epoch included. */
function poll(state: State, i: Index, rules: Rules): State {
  const next = copy(state);
  const instance = next.instances[i];
  instance.knows ||= state.committed;
  instance.feedFresh = true;
  instance.ready = true;
  if (reachesRedis(state, i)) {
    const node = next.nodes[instance.node];
    if (node.epoch === Epoch.gone) node.epoch = Epoch.recreated;
    instance.verified = currentPlace(next, i, rules);
  }
  return next;
}

function lapse(state: State, i: Index): State {
  const next = copy(state);
  next.instances[i].feedFresh = false;
  return next;
}

function reassert(state: State): State {
  const next = copy(state);
  next.committed = true;
  return next;
}
