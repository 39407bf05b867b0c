/** Milliseconds on the monotonic clock. */
export const feedTiming = {
  /** Between polls when nobody hints. */
  interval: 250,
  /** Knowledge older than this is not fresh; also how long a silent instance is waited for. */
  lease: 1_000,
  /** How long a revocation waits for proof before it is answered as pending. */
  proof: 1_200,
  /** How long cached sessions are served without Postgres. */
  cacheOnly: 60 * 60_000,
  /** An instance silent for this long can serve nobody any more. */
  reaping: 61 * 60_000,
  /** Revocations are remembered longer than any entry lives. */
  memory: 4 * 60 * 60_000,
  /** Between two prunings of what is older. */
  pruning: 60_000,
} as const;
