import { secondsToWait } from './retry-after.js';
import type { components } from './schema.generated.js';

/** RFC 9457 problem details. */
export type Problem = components['schemas']['Problem'];

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly requestId?: string | null;
  readonly retryAfterSeconds?: number | null;
  readonly problem?: Problem | null;
  readonly cause?: unknown;
}

/** A request that was not granted. `code` is stable and listed in the API's documentation; `message` is for people. */
export class RollcallError extends Error {
  override readonly name: string = 'RollcallError';
  readonly code: string;
  /** 0 if there was no answer. */
  readonly status: number;
  /** Finds the line in the log of the server. */
  readonly requestId: string | null;
  /** When it is worth trying again; null if the server did not say. */
  readonly retryAfterSeconds: number | null;
  /** All that the server told, such as `errors`, `end_reason`, `challenge` or `max_age`. */
  readonly problem: Problem | null;

  constructor({ code, message, status, requestId, retryAfterSeconds, problem, cause }: Refusal) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.requestId = requestId ?? null;
    this.retryAfterSeconds = retryAfterSeconds ?? null;
    this.problem = problem ?? null;
  }
}

/** Checked, and over: somebody has to sign in again. The token store has been cleared. */
export class SessionOverError extends RollcallError {
  override readonly name = 'SessionOverError';

  /** Such as `terminated` or `expired_idle`; null if the server did not say. */
  get endReason(): string | null {
    return this.problem?.end_reason ?? null;
  }

  get endedAt(): Date | null {
    return this.problem?.ended_at === undefined ? null : new Date(this.problem.ended_at);
  }
}

/** Nothing that speaks for Rollcall has answered: the network, a proxy, a time-out. Nothing is known, tokens are kept. */
export class UnreachableError extends RollcallError {
  override readonly name = 'UnreachableError';

  constructor(message: string, { status = 0, cause }: { status?: number; cause?: unknown } = {}) {
    super({ code: 'UNREACHABLE', message, status, cause });
  }
}

/** Null for anything but a problem of ours: what a proxy says about a session proves nothing. */
export function asProblem(body: unknown): Problem | null {
  if (typeof body !== 'object' || body === null) return null;
  const { code, success } = body as Partial<Problem>;
  return typeof code === 'string' && success === false ? (body as Problem) : null;
}

/** The problem that a reply holds; its body can still be read afterwards. */
export async function problemOf(reply: Response): Promise<Problem | null> {
  try {
    return asProblem(await reply.clone().json());
  } catch {
    return null;
  }
}

/** What a reply that is no success says. */
export function errorOf({ status, headers }: Response, problem: Problem | null): RollcallError {
  if (problem === null) return new UnreachableError(`Answered ${status}, not by Rollcall`, { status });
  return new RollcallError(refusalOf(status, headers, problem));
}

/** The same as an end of the session. */
export function sessionOver({ status, headers }: Response, problem: Problem): SessionOverError {
  return new SessionOverError(refusalOf(status, headers, problem));
}

function refusalOf(status: number, headers: Headers, problem: Problem): Refusal {
  return {
    code: problem.code,
    message: problem.detail,
    status,
    requestId: problem.request_id,
    retryAfterSeconds: secondsToWait(headers),
    problem,
  };
}
