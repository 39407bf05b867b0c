import { HttpException } from '@nestjs/common';

type Facts = Readonly<Record<string, string>>;

/** Checked, and refused. The codes are those of Rollcall itself. */
export type RefusalCode =
  'UNAUTHENTICATED' | 'TOKEN_INVALID' | 'TOKEN_EXPIRED' | 'TOKEN_REVOKED' | 'SESSION_ENDED';

/** A refusal in the form of Rollcall's own (RFC 9457). 401 means checked, 503 means that it could not be checked. */
export class RollcallException extends HttpException {
  private constructor(
    readonly code: string,
    status: 401 | 503,
    detail: string,
    /** The guard sets them on the reply before it throws. */
    readonly headers: Facts,
    facts: Facts = {},
  ) {
    const title = status === 401 ? 'Unauthorized' : 'Service Unavailable';
    const error = { code, message: detail };
    super({ type: 'about:blank', title, status, detail, code, ...facts, success: false, error }, status);
  }

  static refused(code: RefusalCode, detail: string, facts: Facts = {}): RollcallException {
    // RFC 6750 §3: an error code only when a token was sent.
    const challenge =
      code === 'UNAUTHENTICATED' ? 'Bearer' : `Bearer error="invalid_token", error_description="${detail}"`;
    return new RollcallException(code, 401, detail, { 'www-authenticate': challenge }, facts);
  }

  static unavailable(detail: string, retryAfterSeconds = 1): RollcallException {
    return new RollcallException('STORE_UNAVAILABLE', 503, detail, {
      'retry-after': String(retryAfterSeconds),
    });
  }
}
