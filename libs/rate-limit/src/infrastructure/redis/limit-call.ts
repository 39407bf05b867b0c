import { microsPerMs } from '../../domain/algorithm.js';
import { capacityOf, type Claim, type Rule, type Verdict } from '../../domain/rule.js';
import { intervalMicros } from '../../domain/token-bucket.js';
import { rateLimitKeys } from './rate-limit-keys.js';

const letters: Record<Rule['kind'], string> = {
  'sliding-log': 'l',
  'sliding-window': 'w',
  'token-bucket': 'b',
};

/** Integers per claim in the script's reply, and the first of them. */
const replyWidth = 4;
const status = { allowed: 1, blocked: 2 };

/** What `limit.lua` is given for some requests: each key and each rule once, and claims that name them by number. */
export class LimitCall {
  readonly keys: string[] = [];
  readonly values: readonly string[];
  private readonly rules: Rule[] = [];

  constructor(private readonly requests: readonly (readonly Claim[])[]) {
    const numbered = JSON.stringify(requests.map((claims) => this.numbersOf(claims)));
    this.values = [`[${this.rules.map((rule) => textOf(rule)).join(',')}]`, numbered];
  }

  /** The verdicts of each request, from the script's reply. */
  verdicts(reply: string): Verdict[][] {
    const numbers = JSON.parse(reply) as number[];
    let at = -replyWidth;
    return this.requests.map((claims) =>
      claims.map(({ rule }) => verdictOf(rule, numbers, (at += replyWidth))),
    );
  }

  private numbersOf(claims: readonly Claim[]): number[] {
    const numbers: number[] = [];
    for (const claim of claims) {
      numbers.push(
        numberIn(this.keys, rateLimitKeys.standing(claim)),
        numberIn(this.rules, claim.rule),
        claim.cost,
      );
    }
    return numbers;
  }
}

/** From 1, as Lua counts; there are a few dozen at most. */
function numberIn<T>(known: T[], one: T): number {
  const index = known.indexOf(one);
  return index === -1 ? known.push(one) : index + 1;
}

function textOf(rule: Rule): string {
  const span = rule.kind === 'token-bucket' ? intervalMicros(rule) : rule.windowMs * microsPerMs;
  const { firstMs, maxMs } = rule.block ?? { firstMs: 0, maxMs: 0 };
  return JSON.stringify([
    letters[rule.kind],
    capacityOf(rule),
    span,
    firstMs * microsPerMs,
    maxMs * microsPerMs,
  ]);
}

function verdictOf(rule: Rule, numbers: readonly number[], at: number): Verdict {
  return {
    isAllowed: numbers[at] === status.allowed,
    limit: capacityOf(rule),
    remaining: numbers[at + 1]!,
    retryAfterMs: numbers[at + 2]! / microsPerMs,
    resetMs: numbers[at + 3]! / microsPerMs,
    isBlocked: numbers[at] === status.blocked,
  };
}
