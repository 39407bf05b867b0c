import { type Algorithm, type Micros, microsPerMs } from './algorithm.js';
import { type BlockRule, capacityOf, type Rule, type Verdict } from './rule.js';
import { slidingLog } from './sliding-log.js';
import { slidingWindow } from './sliding-window.js';
import { tokenBucket } from './token-bucket.js';

/** Everything a store remembers about one subject under one rule. */
export interface Standing {
  readonly kind: Rule['kind'];
  /** The algorithm's own; null while nothing counts. */
  readonly quota: unknown;
  /** Blocks in a row, and the end of the last one. */
  readonly strikes: number;
  readonly blockedUntil: Micros;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** To be stored if the request is counted; it may hold a new block if it was refused. */
  readonly after: Standing;
}

const algorithms: Record<Rule['kind'], Algorithm<unknown, unknown>> = {
  'sliding-log': slidingLog,
  'sliding-window': slidingWindow,
  'token-bucket': tokenBucket,
};

/** The standing as of now. What another kind of rule has left says nothing. */
function asOf(rule: Rule, standing: Standing | null, now: Micros): Standing {
  if (!standing || standing.kind !== rule.kind || !rule.block) {
    const quota = standing?.kind === rule.kind ? standing.quota : null;
    return { kind: rule.kind, quota, strikes: 0, blockedUntil: 0 };
  }
  const latest = now + rule.block.maxMs * microsPerMs;
  const blockedUntil = Math.min(standing.blockedUntil, latest);
  const isForgotten = now >= blockedUntil + memoryOf(rule.block, standing.strikes);
  return isForgotten ? { ...standing, strikes: 0, blockedUntil: 0 } : { ...standing, blockedUntil };
}

/** Length of the given block in a row, the first being number 1. */
export function blockMicros({ firstMs, maxMs }: BlockRule, strikes: number): Micros {
  return Math.min(firstMs * 2 ** (strikes - 1), maxMs) * microsPerMs;
}

/** A block is remembered for as long again as it lasted. */
function memoryOf(block: BlockRule, strikes: number): Micros {
  return strikes === 0 ? 0 : blockMicros(block, strikes);
}

/** After a block the count starts anew. */
function blocked(block: BlockRule, standing: Standing, now: Micros): Standing {
  const strikes = Math.min(standing.strikes + 1, 30);
  return { ...standing, quota: null, strikes, blockedUntil: now + blockMicros(block, strikes) };
}

function refusalUntil(rule: Rule, until: Micros, now: Micros): Verdict {
  const waitMs = (until - now) / microsPerMs;
  return {
    isAllowed: false,
    limit: capacityOf(rule),
    remaining: 0,
    retryAfterMs: waitMs,
    resetMs: waitMs,
    isBlocked: true,
  };
}

/** Whether a request of this cost is within the rule. A refusal starts a block if the rule has one. */
export function judge(rule: Rule, stored: Standing | null, now: Micros, cost: number): Judgement {
  const standing = asOf(rule, stored, now);
  if (standing.blockedUntil > now) {
    return { verdict: refusalUntil(rule, standing.blockedUntil, now), after: standing };
  }
  const weighing = algorithms[rule.kind].weigh(rule, standing.quota, now, cost);
  if (!weighing.fits && rule.block) {
    const after = blocked(rule.block, standing, now);
    return { verdict: refusalUntil(rule, after.blockedUntil, now), after };
  }
  const verdict = {
    isAllowed: weighing.fits,
    limit: capacityOf(rule),
    remaining: weighing.remaining,
    retryAfterMs: weighing.waitMicros / microsPerMs,
    // A client told to come back then must not be told that nothing will have changed.
    resetMs: (weighing.fits ? weighing.resetMicros : weighing.waitMicros) / microsPerMs,
    isBlocked: false,
  };
  return { verdict, after: { ...standing, quota: weighing.after } };
}

/** Counts units that nobody asked for; beyond the quota this starts a block if the rule has one. */
export function penalise(rule: Rule, stored: Standing | null, now: Micros, cost: number): Standing {
  const standing = asOf(rule, stored, now);
  if (standing.blockedUntil > now) return standing;
  const { fits } = algorithms[rule.kind].weigh(rule, standing.quota, now, cost);
  if (!fits && rule.block) return blocked(rule.block, standing, now);
  return { ...standing, quota: algorithms[rule.kind].add(rule, standing.quota, now, cost) };
}

/** Gives units back; a block that lasts goes on. */
export function reward(rule: Rule, stored: Standing | null, now: Micros, cost: number): Standing {
  const standing = asOf(rule, stored, now);
  return { ...standing, quota: algorithms[rule.kind].remove(rule, standing.quota, now, cost) };
}

/** How long the standing is worth keeping. */
export function lifeMicros(rule: Rule, standing: Standing, now: Micros): Micros {
  const quota = standing.quota === null ? 0 : algorithms[rule.kind].lifeMicros(rule, standing.quota, now);
  if (!rule.block || standing.strikes === 0) return quota;
  return Math.max(quota, standing.blockedUntil + memoryOf(rule.block, standing.strikes) - now);
}
