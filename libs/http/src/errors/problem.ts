import { type DomainError, type ErrorKind } from '@app/kernel';

/** The only place where a refusal becomes an HTTP status. */
const statusOf: Record<ErrorKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  gone: 410,
  'too-large': 413,
  'unsupported-media': 415,
  'rate-limited': 429,
  internal: 500,
  unavailable: 503,
};

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/**
 * RFC 9457 problem details, with `success` and `error` beside them for clients that know only the envelope.
 * `type` stays `about:blank`: the stable identifier is `code`.
 */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly success: false;
  readonly error: { readonly code: string; readonly message: string };
  readonly [fact: string]: unknown;
}

export function toProblem(error: DomainError, requestId: string): Problem {
  const status = statusOf[error.kind];
  return {
    ...error.facts,
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    success: false,
    error: { code: error.code, message: error.message },
  };
}
