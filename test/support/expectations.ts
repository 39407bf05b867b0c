import type { Response } from 'supertest';

interface ExpectedProblem {
  readonly status: number;
  readonly code: string;
  /** Members beside the standard ones; the reply has these and no others. */
  readonly [fact: string]: unknown;
}

/** A complete RFC 9457 problem in the product's form, with the challenge that every 401 carries. */
export function expectProblem(reply: Response, { status, code, ...facts }: ExpectedProblem): void {
  const detail: unknown = reply.body.detail;
  expect(reply.body).toEqual({
    ...facts,
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z][A-Za-z ]+$/),
    status,
    detail: expect.stringMatching(/\S\.$/),
    code,
    request_id: reply.headers['x-request-id'],
    success: false,
    error: { code, message: detail },
  });
  expect(reply.status).toBe(status);
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  if (status === 401) expectChallenge(reply, code);
  else if (code !== 'STEP_UP_REQUIRED') expect(reply.headers['www-authenticate']).toBeUndefined();
}

/** RFC 6750 §3: an error code only when a credential was sent. */
function expectChallenge(reply: Response, code: string): void {
  const hadNoToken = code === 'UNAUTHENTICATED' || code === 'INVALID_CREDENTIALS';
  expect(reply.headers['www-authenticate']).toBe(
    hadNoToken ? 'Bearer' : `Bearer error="invalid_token", error_description="${reply.body.detail}"`,
  );
}

export function expectSuccess(reply: Response, data: unknown): void {
  expect({ status: reply.status, body: reply.body }).toEqual({ status: 200, body: { success: true, data } });
}

/** A reply without what differs between any two replies. */
export function withoutIdentity(reply: Response): object {
  const { 'x-request-id': _id, date: _date, ...headers } = reply.headers;
  const { request_id: _requestId, ...body } = reply.body;
  return { status: reply.status, headers, body };
}

/** An answer in one line: `200`, `401 SESSION_ENDED signout`. */
export function inWords({ status, body }: Response): string {
  return [status, body.code, body.end_reason].filter(Boolean).join(' ');
}
