import type { Verdict } from '@app/rate-limit';

/** One policy as the client sees it; what it was judged under besides, e.g. a wider network, stays unseen. */
export interface Advertised {
  readonly policy: string;
  /** As `RateLimit-Policy` names it. */
  readonly item: string;
  /** Null while it was not asked, because another one had refused already. */
  readonly verdict: Verdict | null;
}

/**
 * `RateLimit-Policy` names every policy, `RateLimit` the tightest of them (draft-ietf-httpapi-ratelimit-headers),
 * and the older `X-RateLimit-*` say the same. All times are seconds left, rounded up.
 */
export function rateLimitHeaders(all: readonly Advertised[]): Record<string, string> {
  const tightest = all.reduce<Advertised | null>(
    (found, one) => (one.verdict && isTighter(one.verdict, found?.verdict ?? null) ? one : found),
    null,
  );
  if (!tightest?.verdict) return {};
  const { limit, remaining, resetMs } = tightest.verdict;
  const reset = seconds(resetMs);
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(reset),
    'ratelimit-policy': all.map(({ item }) => item).join(', '),
    ratelimit: `"${tightest.policy}";r=${remaining};t=${reset}`,
  };
}

/** One policy in `RateLimit-Policy`. */
export function policyItem(policy: string, quota: number, spanMs: number): string {
  return `"${policy}";q=${quota};w=${Math.max(1, seconds(spanMs))}`;
}

/** A refusal before any allowance, the longest one first; then whatever runs out first. */
function isTighter(one: Verdict, other: Verdict | null): boolean {
  if (!other) return true;
  if (one.isAllowed !== other.isAllowed) return !one.isAllowed;
  if (!one.isAllowed) return one.retryAfterMs > other.retryAfterMs;
  return one.remaining < other.remaining;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
