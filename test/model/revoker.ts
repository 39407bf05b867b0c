import { currentPlace } from './feed.js';
import type { Rules } from './rules.js';
import type { Index, State } from './state.js';
import { Answer, copy, EACH, NOWHERE, reachesPostgres, reachesRedis, Revoker } from './state.js';
import type { Steps } from './steps.js';

/** Instance 0 commits the revocation, writes the tombstone, and answers what it can prove. */
export function revokerSteps(state: State, rules: Rules, steps: Steps): void {
  switch (state.revoker) {
    case Revoker.idle:
      if (reachesPostgres(state, 0) && state.instances[0].ready) {
        steps.to(commit(state, rules), 'commits the revocation', 0);
      }
      return;
    case Revoker.committed:
      if (reachesRedis(state, 0))
        steps.to(
          writeTombstone(state, rules),
          rules.tombstone ? 'writes the tombstone' : 'deletes the entry',
          0,
        );
      else steps.to(missTombstone(state), 'cannot reach Redis', 0);
      return;
    case Revoker.tombstoned:
      if (isProven(state, rules)) steps.to(answer(state, Answer.complete), 'answers "complete"', 0);
      else steps.to(answer(state, Answer.pending), 'answers "pending"', 0);
      return;
    case Revoker.done:
  }
}

function isProven(state: State, rules: Rules): boolean {
  if (rules.barrier) return EACH.every((i) => instanceRefuses(state, i, rules));
  return !rules.confirmedDelete || state.tombstonedAt !== NOWHERE;
}

/** The barrier asks this of every instance: its map holds the revocation, or it lapsed and meets the tombstone. */
function instanceRefuses(state: State, i: Index, rules: Rules): boolean {
  const { knows, feedFresh, verified } = state.instances[i];
  if (knows) return true;
  if (feedFresh || state.tombstonedAt === NOWHERE) return false;
  return !rules.match || verified === state.tombstonedAt;
}

function commit(state: State, rules: Rules): State {
  const next = copy(state);
  next.committed = true;
  next.revoker = Revoker.committed;
  if (rules.feed) next.instances[0].knows = true;
  return next;
}

function writeTombstone(state: State, rules: Rules): State {
  const next = copy(state);
  const node = next.nodes[next.instances[0].node];
  node.holdsEntry = false;
  if (rules.tombstone) node.holdsTombstone = true;
  next.tombstonedAt = currentPlace(state, 0, rules);
  next.revoker = Revoker.tombstoned;
  return next;
}

function missTombstone(state: State): State {
  const next = copy(state);
  next.tombstonedAt = NOWHERE;
  next.revoker = Revoker.tombstoned;
  return next;
}

function answer(state: State, what: Answer): State {
  const next = copy(state);
  next.answer = what;
  next.revoker = Revoker.done;
  return next;
}
