import { ApiError, CancelledError } from '../api/problem';

export interface Explanation {
  readonly title: string;
  readonly text: string;
  /** Finds the line in the server's log. */
  readonly requestId: string | null;
  readonly canRetry: boolean;
}

/** Codes that deserve other words than the API's, which speaks to programmers. */
const words: Record<string, readonly [title: string, text: string]> = {
  UNREACHABLE: ['No connection', 'The server cannot be reached. Nothing is known about what it has done.'],
  STORE_UNAVAILABLE: [
    'The database does not answer',
    'Rollcall could not check. A change may have taken effect; repeating it is safe.',
  ],
  OVERLOADED: ['Too busy', 'Too much is going on at once. Try again in a moment.'],
  INVALID_CREDENTIALS: ['Not signed in', 'The name or the password is not right.'],
  FORBIDDEN: ['Not allowed', 'This is for administrators who have signed in as such.'],
  NOT_FOUND: ['Not found', 'There is nothing at this address, or not any more.'],
  INTERNAL: ['Something went wrong', 'That is a fault of the server. Its log knows more.'],
};

/** Any error in words for the person in front of the screen. */
export function explain(error: unknown): Explanation {
  if (error instanceof CancelledError)
    return { title: 'Cancelled', text: error.message, requestId: null, canRetry: false };
  if (!(error instanceof ApiError)) {
    return {
      title: 'Something went wrong',
      text: 'This page has a fault. Loading it again may help.',
      requestId: null,
      canRetry: true,
    };
  }
  const [title, text] = words[error.code] ?? ['Refused', error.message];
  return {
    title: error.code === 'RATE_LIMITED' ? 'Too many requests' : title,
    text: error.code === 'RATE_LIMITED' ? waitText(error.retryAfter) : text,
    requestId: error.problem.request_id ?? null,
    canRetry: error.isUnavailable || error.status >= 500 || error.status === 429,
  };
}

function waitText(seconds: number | null): string {
  if (seconds === null) return 'Wait a moment, then try again.';
  const wait = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return `Too many attempts. Try again in ${wait}.`;
}
