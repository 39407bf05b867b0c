import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailableError } from './errors.js';

/** About 20 s with the time limits of the stores; long enough for a database that starts together with us. */
const attempts = 25;
const pauseMs = 400;

/**
 * For the start only, when nobody waits for an answer: does it again while the store cannot answer. Rejects with the
 * last StoreUnavailableError, and at once with anything else. The work may run more than once.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || attempt === attempts) throw error;
      await pause(pauseMs);
    }
  }
}
