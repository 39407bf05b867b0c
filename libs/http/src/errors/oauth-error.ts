import type { Problem } from './problem.js';

/** RFC 6749 §5.2 names by code; what is missing here is named by its status. */
const nameOfCode: Readonly<Record<string, string>> = {
  INVALID_CLIENT: 'invalid_client',
  UNAUTHORIZED_CLIENT: 'unauthorized_client',
};

/** A problem whose `error` is a word, as clients of OAuth read it, instead of an object. */
export interface OAuthError extends Omit<Problem, 'error'> {
  readonly error: string;
  readonly error_description: string;
}

/** Everything else that a problem says stays. */
export function toOAuthError({ error: _envelope, ...problem }: Problem): OAuthError {
  return {
    ...problem,
    error: nameOfCode[problem.code] ?? nameOfStatus(problem.status),
    error_description: problem.detail,
  };
}

/** The last two are those of RFC 6749 §4.1.2.1; §5.2 has none for failures of the server. */
function nameOfStatus(status: number): string {
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'invalid_request';
}
