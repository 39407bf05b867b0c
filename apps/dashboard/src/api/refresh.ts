import { now } from '../app/clock';
import { csrfToken } from './csrf';
import { ApiError, problemOf } from './problem';

/** When a tab of this browser refreshed last; says nothing about the tokens themselves. */
const sharedKey = 'rollcall.refreshed_at';

let running: Promise<void> | null = null;

/**
 * Exchanges the refresh cookie for the next pair, once for all requests and all tabs that want it at the same time.
 * `since`: when the refused request was sent; if another tab has refreshed later, the cookies are good already.
 * Throws the ApiError of the refusal.
 */
export function refresh(since: number): Promise<void> {
  running ??= inTurn(() => exchange(since)).finally(() => {
    running = null;
  });
  return running;
}

/** Locks exist on encrypted pages and this machine only; without them the server's grace for parallel calls is enough. */
async function inTurn(work: () => Promise<void>): Promise<void> {
  if (!('locks' in navigator)) return work();
  await navigator.locks.request('rollcall.refresh', work);
}

async function exchange(since: number): Promise<void> {
  if (Number(localStorage.getItem(sharedKey) ?? 0) > since) return;
  const headers = { 'x-csrf-token': csrfToken() ?? '' };
  const response = await fetch('/api/v1/auth/refresh', { method: 'POST', headers }).catch(() => null);
  if (!response) throw new ApiError(0, 'UNREACHABLE', 'The server cannot be reached.');
  if (!response.ok) throw await problemOf(response);
  localStorage.setItem(sharedKey, String(now()));
}
