import { now } from '../app/clock';
import { csrfToken, isSafe } from './csrf';
import { ApiError, CancelledError, problemOf } from './problem';
import { refresh } from './refresh';

/** What the transport asks of the page; set once by whoever shows it. */
interface Page {
  /** The session is over, or there never was one. */
  signedOut(refusal: ApiError): void;
  /** Another password has to be chosen before anything else. */
  passwordChangeRequired(): void;
  /** Asks for the password again; false if the person would rather not. */
  proveAgain(): Promise<boolean>;
}

let page: Page | null = null;

export function connectPage(next: Page): void {
  page = next;
}

/** Refusals of the access token that a refresh may cure. */
const curable = new Set(['TOKEN_EXPIRED', 'TOKEN_REVOKED', 'TOKEN_INVALID', 'UNAUTHENTICATED']);

/** Refusals after which nobody is signed in any more. */
const final = new Set([...curable, 'SESSION_ENDED', 'SESSION_EXPIRED', 'REFRESH_REUSED']);

/**
 * `fetch` with what a session by cookies needs: the CSRF header, one refresh when the access token is over, the
 * question for the password when freshness is asked for. Answers 2xx; anything else is thrown as ApiError.
 */
export async function send(request: Request): Promise<Response> {
  const startedAt = now();
  const first = await attempt(request.clone());
  if (first.ok) return first;
  const refusal = await problemOf(first);
  if (!(await cure(refusal, startedAt))) throw refusal;
  const second = await attempt(request);
  if (second.ok) return second;
  const again = await problemOf(second);
  tell(again);
  throw again;
}

async function attempt(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  if (!isSafe(request.method)) headers.set('x-csrf-token', csrfToken() ?? '');
  try {
    return await fetch(new Request(request, { headers }));
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ApiError(0, 'UNREACHABLE', 'The server cannot be reached.');
  }
}

/** True if the same request is worth sending again. */
async function cure(refusal: ApiError, startedAt: number): Promise<boolean> {
  if (refusal.code === 'STEP_UP_REQUIRED') {
    if (await page?.proveAgain()) return true;
    throw new CancelledError();
  }
  // Another tab went on under a new id; its cookies are ours as well.
  if (refusal.problem.end_reason === 'replaced' || refusal.code === 'CSRF_REJECTED') return true;
  if (curable.has(refusal.code) && csrfToken() !== null) return refreshed(startedAt);
  tell(refusal);
  return false;
}

async function refreshed(startedAt: number): Promise<boolean> {
  try {
    await refresh(startedAt);
    return true;
  } catch (error) {
    if (error instanceof ApiError) tell(error);
    throw error;
  }
}

function tell(refusal: ApiError): void {
  if (refusal.code === 'PASSWORD_CHANGE_REQUIRED') page?.passwordChangeRequired();
  if (refusal.status === 401 && final.has(refusal.code)) page?.signedOut(refusal);
}
