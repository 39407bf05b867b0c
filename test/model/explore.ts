import type { Hazards } from './faults.js';
import { faultSteps, healSteps } from './faults.js';
import { feedSteps } from './feed.js';
import { fillLandingSteps, fillSteps } from './fill.js';
import { packInstances, packStores, unpack } from './packing.js';
import { readerSteps } from './reader.js';
import { revokerSteps } from './revoker.js';
import type { Rules } from './rules.js';
import type { Index, State } from './state.js';
import { Answer, initialState, NOWHERE, Revoker } from './state.js';
import type { Steps, Verdict } from './steps.js';
import { VisitedStates } from './visited-states.js';

export interface Scenario {
  readonly rules: Rules;
  readonly hazards: Hazards;
  /** 0 to 3, in any order and at any moment; repairs are free. */
  readonly maxFaults: number;
  /** Ends at the first violation instead of counting all states. */
  readonly stopsAtViolation?: boolean;
}

export interface Outcome {
  readonly states: number;
  /** A shortest sequence of steps to an acceptance that started after `complete`, or null: the design is safe. */
  readonly counterexample: readonly string[] | null;
  /** Answers that refused a session before its revocation, with at most one fault. */
  readonly validRefused: number;
  /** Steps that answered `complete` while Redis was down. */
  readonly completeWhileRedisDown: number;
  /** Steps that answered `complete` although Redis never confirmed the delete. */
  readonly completeWithoutRedis: number;
}

/** Breadth first over every interleaving of the protocol's steps and of at most `maxFaults` faults. */
export function explore(scenario: Scenario): Outcome {
  if (scenario.maxFaults > 3) throw new RangeError('a packed state counts at most three faults');
  return new Exploration(scenario).run();
}

class Exploration implements Steps {
  private readonly visited = new VisitedStates();
  private current = 0;
  private state = initialState();
  private counterexample: string[] | null = null;
  private validRefused = 0;
  private completeWhileRedisDown = 0;
  private completeWithoutRedis = 0;

  constructor(private readonly scenario: Scenario) {}

  run(): Outcome {
    this.visit(this.state, -1);
    for (this.current = 0; this.current < this.visited.size; this.current++) {
      this.state = stateOf(this.visited, this.current);
      expand(this.state, this.scenario, this);
      if (this.counterexample && this.scenario.stopsAtViolation) break;
    }
    return {
      states: this.visited.size,
      counterexample: this.counterexample,
      validRefused: this.validRefused,
      completeWhileRedisDown: this.completeWhileRedisDown,
      completeWithoutRedis: this.completeWithoutRedis,
    };
  }

  to(next: State): void {
    if (next.answer === Answer.complete && this.state.answer === Answer.none) {
      if (!next.redisUp) this.completeWhileRedisDown++;
      if (next.tombstonedAt === NOWHERE) this.completeWithoutRedis++;
    }
    this.visit(next, this.current);
  }

  answer(next: State, verdict: Verdict, because: string, i: Index): void {
    const { instances, revoker, faults } = this.state;
    if (verdict === 'accept' && instances[i].readIsLate && !this.counterexample) {
      const { visited, current, scenario } = this;
      this.counterexample = [...pathTo(visited, current, scenario), describeAnswer(verdict, because, i)];
    }
    if (verdict !== 'accept' && revoker === Revoker.idle && faults <= 1) this.validRefused++;
    this.visit(next, this.current);
  }

  private visit(state: State, parent: number): void {
    this.visited.add(packStores(state), packInstances(state), parent);
  }
}

const stateOf = (visited: VisitedStates, id: number): State =>
  unpack(visited.storesOf(id), visited.instancesOf(id));

function expand(state: State, { rules, hazards, maxFaults }: Scenario, steps: Steps): void {
  if (state.faults < maxFaults) faultSteps(state, hazards, rules, steps);
  healSteps(state, steps);
  if (hazards.lateFill) fillSteps(state, rules, steps);
  fillLandingSteps(state, rules, steps);
  feedSteps(state, rules, steps);
  revokerSteps(state, rules, steps);
  readerSteps(state, rules, steps);
}

/** Labels are not stored: each step is found again by taking all steps of the state before it. */
function pathTo(visited: VisitedStates, id: number, scenario: Scenario): string[] {
  const path: string[] = [];
  for (let child = id, parent = visited.parentOf(id); parent >= 0; parent = visited.parentOf(child)) {
    path.unshift(stepBetween(stateOf(visited, parent), stateOf(visited, child), scenario));
    child = parent;
  }
  return path;
}

function stepBetween(from: State, to: State, scenario: Scenario): string {
  let found: string | undefined;
  const leadsThere = (next: State): boolean =>
    packStores(next) === packStores(to) && packInstances(next) === packInstances(to);
  expand(from, scenario, {
    to: (next, label, i) => {
      if (leadsThere(next)) found ??= i === undefined ? label : `instance ${i} ${label}`;
    },
    answer: (next, verdict, because, i) => {
      if (leadsThere(next)) found ??= describeAnswer(verdict, because, i);
    },
  });
  return found ?? 'an unknown step';
}

const describeAnswer = (verdict: Verdict, because: string, i: Index): string =>
  `instance ${i} answers "${verdict}" (${because})`;
