/** What the API refuses, as an error: `code` is stable, `message` is for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problem: Problem = {},
    /** Seconds after which it is worth trying again. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** What each field of a form did wrong. */
  get fields(): Record<string, string> {
    return Object.fromEntries((this.problem.errors ?? []).map(({ field, message }) => [field, message]));
  }

  /** 503 and silence: nobody could check, so nothing is known. */
  get isUnavailable(): boolean {
    return this.status === 503 || this.status === 0;
  }
}

/** Members of problem documents that pages look at. */
export interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly request_id?: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  readonly end_reason?: string;
  readonly field?: string;
  readonly challenge?: unknown;
  readonly ticket?: string;
  readonly sessions?: unknown;
}

/** Somebody was asked for the password and closed the question. */
export class CancelledError extends Error {
  constructor() {
    super('Nothing was changed.');
  }
}

/** Reads a refusal; a proxy's own page of errors is one as well. */
export async function problemOf(response: Response): Promise<ApiError> {
  const problem = await response
    .clone()
    .json()
    .then((body: unknown) => (typeof body === 'object' && body !== null ? (body as Problem) : {}))
    .catch((): Problem => ({}));
  const seconds = Number(response.headers.get('retry-after'));
  return new ApiError(
    response.status,
    problem.code ?? 'INTERNAL',
    problem.detail ?? `The server answered ${response.status}.`,
    problem,
    Number.isFinite(seconds) && seconds > 0 ? seconds : null,
  );
}

/** The code of a refusal, or null for any other error. */
export function codeOf(error: unknown): string | null {
  return error instanceof ApiError ? error.code : null;
}
