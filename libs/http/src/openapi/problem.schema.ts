import type { Problem } from '../errors/problem.js';

/** Name of the component that every refusal refers to. */
export const problemSchema = 'Problem';

/** The component itself, added to the document once. */
export const problemComponent = {
  type: 'object',
  description: 'RFC 9457 problem details. `code` is stable; `detail` is for people and may change.',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id', 'success', 'error'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    request_id: { type: 'string' },
    success: { type: 'boolean', enum: [false] },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' } },
    },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: { field: { type: 'string' }, message: { type: 'string' } },
      },
    },
    end_reason: { type: 'string' },
    ended_at: { type: 'string', format: 'date-time' },
  },
  additionalProperties: true,
} as const;

const requestId = '5b0c7e1a-3f2d-4b5c-9a61-0d1f6a7b8c9d';

const examples = {
  VALIDATION_FAILED: {
    status: 400,
    title: 'Bad Request',
    detail: 'The request is not valid.',
    facts: { errors: [{ field: 'email', message: 'must be an e-mail address' }] },
  },
  UNAUTHENTICATED: { status: 401, title: 'Unauthorized', detail: 'Sign in first.' },
  INVALID_CREDENTIALS: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The account name or the password is wrong.',
  },
  TOKEN_INVALID: { status: 401, title: 'Unauthorized', detail: 'The access token is not valid.' },
  TOKEN_EXPIRED: { status: 401, title: 'Unauthorized', detail: 'The access token has expired.' },
  TOKEN_REVOKED: { status: 401, title: 'Unauthorized', detail: 'The access token has been revoked.' },
  SESSION_ENDED: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The session has ended.',
    facts: { end_reason: 'terminated', ended_at: '2026-11-20T09:30:00.000Z' },
  },
  SESSION_EXPIRED: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The session has expired.',
    facts: { end_reason: 'expired_idle', ended_at: '2026-11-20T09:30:00.000Z' },
  },
  REFRESH_REUSED: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The refresh token was used before, so the session has been ended.',
    facts: { end_reason: 'refresh_reuse', ended_at: '2026-11-20T09:30:00.000Z' },
  },
  FORBIDDEN: { status: 403, title: 'Forbidden', detail: 'A shared session may only read.' },
  STEP_UP_REQUIRED: {
    status: 403,
    title: 'Forbidden',
    detail: 'Prove the password again to do this.',
    facts: { max_age: 600 },
  },
  PASSWORD_CHANGE_REQUIRED: {
    status: 403,
    title: 'Forbidden',
    detail: 'Choose another password first.',
  },
  CSRF_REJECTED: {
    status: 403,
    title: 'Forbidden',
    detail: 'Send the value of the CSRF cookie as X-CSRF-Token.',
  },
  SESSION_LIMIT_REACHED: {
    status: 403,
    title: 'Forbidden',
    detail: 'The account is signed in on as many devices as allowed. Sign out on one of them first.',
    facts: { limit: 5 },
  },
  CHALLENGE_REQUIRED: {
    status: 403,
    title: 'Forbidden',
    detail: 'Answer the challenge and try again.',
    facts: {
      challenge: {
        parameters: {
          algorithm: 'SHA-256',
          cost: 64,
          data: { account: 'pY5mXwz1fC0a3l3nJr7A2g', action: 'signin' },
          expiresAt: 1795170120,
          keyLength: 32,
          keyPrefix: '000',
          nonce: '0f6f1c2bb6c34dfe8e6b7a5c6d1e2f30',
          salt: '9a1b2c3d4e5f60718293a4b5c6d7e8f9',
        },
        signature: '2f7d…',
      },
      action: 'signin',
      account: 'pY5mXwz1fC0a3l3nJr7A2g',
    },
  },
  NOT_FOUND: { status: 404, title: 'Not Found', detail: 'There is no such session.' },
  EMAIL_TAKEN: {
    status: 409,
    title: 'Conflict',
    detail: 'An account with this e-mail address exists already.',
  },
  CONFLICT: {
    status: 409,
    title: 'Conflict',
    detail: 'This username is taken.',
    facts: { field: 'username' },
  },
  CURSOR_GONE: {
    status: 410,
    title: 'Gone',
    detail: 'The log cannot be continued from there. Begin anew.',
  },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'Content Too Large', detail: 'The request body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    title: 'Unsupported Media Type',
    detail: 'Send the body as application/json.',
  },
  INVALID_CLIENT: {
    status: 401,
    title: 'Unauthorized',
    detail: 'The client could not be authenticated.',
  },
  UNAUTHORIZED_CLIENT: { status: 400, title: 'Bad Request', detail: 'This client may not do this.' },
  RATE_LIMITED: {
    status: 429,
    title: 'Too Many Requests',
    detail: 'Too many requests. Try again later.',
  },
  INTERNAL: { status: 500, title: 'Internal Server Error', detail: 'Something went wrong on our side.' },
  STORE_UNAVAILABLE: {
    status: 503,
    title: 'Service Unavailable',
    detail: 'The service cannot check this right now. Try again shortly.',
  },
  OVERLOADED: {
    status: 503,
    title: 'Service Unavailable',
    detail: 'The service is busy. Try again shortly.',
  },
} as const satisfies Record<string, { status: number; title: string; detail: string; facts?: object }>;

export type ProblemName = keyof typeof examples;

export function problemExample(code: ProblemName): Problem {
  const { status, title, detail, ...rest } = examples[code];
  const facts = 'facts' in rest ? rest.facts : {};
  return {
    ...facts,
    type: 'about:blank',
    title,
    status,
    detail,
    code,
    request_id: requestId,
    success: false,
    error: { code, message: detail },
  };
}

/** What any private route can answer to a missing, bad, dead or narrow credential. */
export const sessionProblems: readonly ProblemName[] = [
  'UNAUTHENTICATED',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'TOKEN_REVOKED',
  'SESSION_ENDED',
  'SESSION_EXPIRED',
  'PASSWORD_CHANGE_REQUIRED',
];

/** Refusals of every route below `/admin`. */
export const adminProblems: readonly ProblemName[] = [...sessionProblems, 'FORBIDDEN'];

/** What any route with a JSON body can answer to it. */
export const bodyProblems: readonly ProblemName[] = [
  'VALIDATION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
];
