import { currentPlace } from './feed.js';
import type { Rules } from './rules.js';
import type { Index, State } from './state.js';
import { Answer, copy, EACH, Read, reachesPostgres, reachesRedis } from './state.js';
import type { Steps, Verdict } from './steps.js';

/** Each instance validates the session over and over, one request at a time. */
export function readerSteps(state: State, rules: Rules, steps: Steps): void {
  for (const i of EACH) {
    const { ready, read } = state.instances[i];
    if (!ready) continue;
    switch (read) {
      case Read.idle:
        steps.to(start(state, i), 'starts a validation', i);
        break;
      case Read.started:
        if (mapRefuses(state, i, rules)) answer(state, i, 'refuse', 'revoked map', steps);
        else steps.to(advance(state, i, Read.mapChecked), 'finds no revocation in its map', i);
        break;
      case Read.mapChecked:
        askRedis(state, i, steps);
        break;
      case Read.foundEntry:
        judgeEntry(state, i, rules, steps);
        break;
      case Read.missed:
      case Read.redisFailed:
        decideWithoutEntry(state, i, rules, steps);
        break;
    }
  }
}

function askRedis(state: State, i: Index, steps: Steps): void {
  const { holdsEntry, holdsTombstone } = state.nodes[state.instances[i].node];
  if (!reachesRedis(state, i)) steps.to(advance(state, i, Read.redisFailed), 'gets no reply from Redis', i);
  else if (holdsTombstone) answer(state, i, 'refuse', 'tombstone', steps);
  else if (holdsEntry) steps.to(advance(state, i, Read.foundEntry), 'finds the entry', i);
  else steps.to(advance(state, i, Read.missed), 'finds no entry', i);
}

function judgeEntry(state: State, i: Index, rules: Rules, steps: Steps): void {
  if (!rules.feed) answer(state, i, 'accept', 'entry', steps);
  else if (lateCheckRefuses(state, i, rules)) answer(state, i, 'refuse', 'late check of the map', steps);
  else if (leaseHolds(state, i, rules)) answer(state, i, 'accept', 'entry', steps);
  else {
    const hasPostgres = reachesPostgres(state, i);
    if (hasPostgres) askPostgres(state, i, steps);
    // Also while Postgres is reachable: the breaker of the instance may still be open.
    if (rules.cacheOnly && fenceHolds(state, i, rules))
      answer(state, i, 'accept', 'entry, cache-only mode', steps);
    else if (!hasPostgres) answer(state, i, 'unavailable', 'fence', steps);
  }
}

function decideWithoutEntry(state: State, i: Index, rules: Rules, steps: Steps): void {
  const { read, feedFresh } = state.instances[i];
  if (lateCheckRefuses(state, i, rules)) answer(state, i, 'refuse', 'late check of the map', steps);
  else if (rules.feed && read === Read.redisFailed && feedFresh) {
    answer(state, i, 'accept', 'own memory under a fresh feed', steps);
  } else if (reachesPostgres(state, i)) askPostgres(state, i, steps);
  else answer(state, i, 'unavailable', 'neither store', steps);
}

const mapRefuses = (state: State, i: Index, rules: Rules): boolean => rules.feed && state.instances[i].knows;

/** The map once more, after the last await: the feed may have told the instance meanwhile. */
const lateCheckRefuses = (state: State, i: Index, rules: Rules): boolean =>
  rules.late && mapRefuses(state, i, rules);

const leaseHolds = (state: State, i: Index, rules: Rules): boolean =>
  !rules.lease || state.instances[i].feedFresh;

/** Redis is where it was when the feed last vouched for it: the same run of the same node, the same epoch. */
const fenceHolds = (state: State, i: Index, rules: Rules): boolean =>
  reachesRedis(state, i) && (!rules.fence || state.instances[i].verified === currentPlace(state, i, rules));

function askPostgres(state: State, i: Index, steps: Steps): void {
  answer(state, i, state.committed ? 'refuse' : 'accept', 'Postgres', steps);
}

function start(state: State, i: Index): State {
  const next = advance(state, i, Read.started);
  next.instances[i].readIsLate = state.answer === Answer.complete;
  return next;
}

function advance(state: State, i: Index, read: Read): State {
  const next = copy(state);
  next.instances[i].read = read;
  return next;
}

function answer(state: State, i: Index, verdict: Verdict, because: string, steps: Steps): void {
  const next = advance(state, i, Read.idle);
  next.instances[i].readIsLate = false;
  steps.answer(next, verdict, because, i);
}
