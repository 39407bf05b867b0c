import type { UnitOfWork } from './unit-of-work.js';

/** Rows of one statement, which has to be through within the time limit of all statements. */
const batch = 500;

interface Turns {
  readonly work: UnitOfWork;
  /** Of which one process at a time does one batch. */
  readonly job: string;
  readonly isStopped: () => boolean;
}

/**
 * Removes all there is in batches, each in a unit of work of its own, so that nothing is locked for long and processes
 * may take turns (ADR 9). `purge` removes at most `limit` and returns how many. Returns how many in all; rejects like
 * `purge`, and what was removed before stays removed.
 */
export async function purgeInTurns(
  { work, job, isStopped }: Turns,
  purge: (limit: number) => Promise<number>,
): Promise<number> {
  for (let total = 0; ;) {
    const removed = await work.run(async () => ((await work.claim(job)) ? purge(batch) : 0));
    total += removed;
    if (removed < batch || isStopped()) return total;
  }
}
