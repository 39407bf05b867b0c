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

type Cure = 'refresh' | 'proof' | 'repetition';

/**
 * `fetch` with what a session by cookies needs: the CSRF header, one refresh when the access token is over, the
 * question for the password when freshness is asked for, also right after a refresh. Answers 2xx; anything else is
 * thrown as ApiError.
 */
export async function send(request: Request): Promise<Response> {
  const tried = new Set<Cure>();
  for (;;) {
    const startedAt = now();
    const reply = await attempt(request.clone());
    if (reply.ok) return reply;
    const refusal = await problemOf(reply);
    const cure = cureOf(refusal);
    if (cure === null || tried.has(cure)) {
      tell(refusal);
      throw refusal;
    }
    tried.add(cure);
    await apply(cure, startedAt);
  }
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

/** What makes the same request worth sending again. */
function cureOf({ code, problem }: ApiError): Cure | null {
  if (code === 'STEP_UP_REQUIRED') return 'proof';
  // Another tab went on under a new id; its cookies are ours as well.
  if (problem.end_reason === 'replaced' || code === 'CSRF_REJECTED') return 'repetition';
  return curable.has(code) && csrfToken() !== null ? 'refresh' : null;
}

async function apply(cure: Cure, startedAt: number): Promise<void> {
  if (cure === 'proof' && !(await page?.proveAgain())) throw new CancelledError();
  if (cure === 'refresh') await refreshed(startedAt);
}

async function refreshed(startedAt: number): Promise<void> {
  try {
    await refresh(startedAt);
  } catch (error) {
    if (error instanceof ApiError) tell(error);
    throw error;
  }
}

function tell(refusal: ApiError): void {
  if (refusal.code === 'PASSWORD_CHANGE_REQUIRED') page?.passwordChangeRequired();
  if (refusal.status === 401 && final.has(refusal.code)) page?.signedOut(refusal);
}
