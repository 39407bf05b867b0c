/** Exact: remembers the time of each unit. For small limits; never more than `limit` in any window of its length. */
export interface SlidingLogRule {
  readonly kind: 'sliding-log';
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * Two counters, whatever the limit: the window before counts by the share of it that still overlaps. Exact from a
 * quiet start; after a burst at the very end of a window up to `2 * limit - 1` fit into one window's length.
 */
export interface SlidingWindowRule {
  readonly kind: 'sliding-window';
  readonly limit: number;
  readonly windowMs: number;
}

/** `rate` units flow in per `perMs`, up to `burst` of them wait (GCRA, the leaky bucket as a meter). */
export interface TokenBucketRule {
  readonly kind: 'token-bucket';
  readonly rate: number;
  readonly perMs: number;
  readonly burst: number;
}

/** A refusal shuts the subject out: first for `firstMs`, then twice as long each time, at most `maxMs`. */
export interface BlockRule {
  readonly firstMs: number;
  readonly maxMs: number;
}

export type Rule = (SlidingLogRule | SlidingWindowRule | TokenBucketRule) & { readonly block?: BlockRule };

/** What one request asks of one policy about one subject. */
export interface Claim {
  /** Name of the policy; part of the key. */
  readonly policy: string;
  /** Digest of the subject: addresses and names never reach a store. */
  readonly subject: string;
  readonly rule: Rule;
  /** Units this request is worth; at most the limit. */
  readonly cost: number;
}

export interface Verdict {
  readonly isAllowed: boolean;
  readonly limit: number;
  /** Units left after this request. */
  readonly remaining: number;
  /** Milliseconds until the same request can succeed, if nobody else asks; 0 if it was allowed. */
  readonly retryAfterMs: number;
  /** Milliseconds until more is left than now: the oldest unit lapses, the window ends, the bucket is full. */
  readonly resetMs: number;
  /** True while a block of the rule lasts. */
  readonly isBlocked: boolean;
}

/** The most that a rule lets through at once. */
export function capacityOf(rule: Rule): number {
  return rule.kind === 'token-bucket' ? rule.burst : rule.limit;
}

/** Milliseconds after which a full quota is whole again. */
export function spanOf(rule: Rule): number {
  return rule.kind === 'token-bucket' ? (rule.perMs * rule.burst) / rule.rate : rule.windowMs;
}
