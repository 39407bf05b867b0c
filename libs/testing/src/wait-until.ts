import { performance } from 'node:perf_hooks';
// Not the global one, which tests replace by a fake that nobody would advance here.
import { setTimeout as sleep } from 'node:timers/promises';

export interface Eventually {
  /** Milliseconds; 5,000 unless told. */
  readonly timeoutMs?: number;
  /** What is waited for, in words that complete "Not within 5000 ms: …". */
  readonly describe: string | (() => string);
}

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

const pollMs = 10;

/**
 * Asks every 10 ms until the probe returns something truthy, and resolves with that. A probe that throws has not
 * come true yet. Rejects after the timeout with the description and the last answer or error; a probe that never
 * settles does not prevent that.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { timeoutMs = 5_000, describe }: Eventually,
): Promise<Truthy<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: unknown = 'the probe has not answered once';
  for (;;) {
    const cancel = new AbortController();
    const remainingMs = Math.max(1, deadline - performance.now());
    const silence = sleep(remainingMs, undefined, { signal: cancel.signal });
    silence.catch(() => undefined);
    try {
      const answer = await Promise.race([Promise.resolve().then(probe), silence]);
      if (answer) return answer as Truthy<T>;
      if (performance.now() < deadline) last = answer;
    } catch (error) {
      last = error;
    } finally {
      cancel.abort();
    }
    if (performance.now() + pollMs > deadline) break;
    await sleep(pollMs);
  }
  const goal = typeof describe === 'string' ? describe : describe();
  throw new Error(`Not within ${timeoutMs} ms: ${goal} (last: ${String(last)})`, { cause: last });
}
