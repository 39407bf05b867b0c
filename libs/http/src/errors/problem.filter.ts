import { StepUpRequiredError } from '@app/auth';
import { DomainError } from '@app/kernel';
import { Log } from '@app/telemetry';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { replyOf, requestOf } from '../http-context.js';
import { ForwardedAccess, isForwardAuth } from '../forward-auth/forward-auth.js';
import { isOAuth } from '../server/oauth-routes.js';
import { RouteTable } from '../server/route-table.js';
import {
  InternalError,
  MalformedRequestError,
  MethodNotAllowedError,
  PayloadTooLargeError,
  RouteNotFoundError,
  UnsupportedMediaTypeError,
} from './http.errors.js';
import { toOAuthError } from './oauth-error.js';
import { toProblem } from './problem.js';

/** Turns whatever was thrown into one problem document; only refusals keep their words. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Log,
    private readonly routes: RouteTable,
    private readonly forwarded: ForwardedAccess,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = requestOf(host);
    const reply = replyOf(host);
    const error = this.refusal(thrown, request);
    const problem = toProblem(error, request.id);
    if (problem.status >= 500) {
      this.log.error('request.failed', thrown, {
        request_id: request.id,
        code: problem.code,
        route: request.routeOptions.url,
      });
    }
    if (error instanceof MethodNotAllowedError) void reply.header('allow', error.allowed.join(', '));
    if (error.retryAfterSeconds !== undefined) void reply.header('retry-after', error.retryAfterSeconds);
    if (error instanceof StepUpRequiredError) void reply.header('www-authenticate', stepUpChallenge(error));
    if (problem.status === 401) void reply.header('www-authenticate', challenge(error));
    // RFC 6749 §5.2 wants application/json, and its clients read no other type.
    const isForOAuth = isOAuth(request);
    const { status } = problem;
    void reply
      .status(isForwardAuth(request) ? this.forwarded.refuse(request, reply, status) : status)
      .header('content-type', `application/${isForOAuth ? '' : 'problem+'}json; charset=utf-8`)
      .send(JSON.stringify(isForOAuth ? toOAuthError(problem) : problem));
  }

  private refusal(thrown: unknown, request: FastifyRequest): DomainError {
    if (thrown instanceof DomainError) return thrown;
    const status = thrown instanceof HttpException ? thrown.getStatus() : statusOfUnreadBody(thrown);
    switch (status) {
      case 404:
        return this.routes.refusalFor(request.method, request.url) ?? new RouteNotFoundError();
      case 413:
        return new PayloadTooLargeError();
      case 415:
        return new UnsupportedMediaTypeError();
      case undefined:
        return new InternalError();
      default:
        return status < 500
          ? new MalformedRequestError('The request could not be read.')
          : new InternalError();
    }
  }
}

/** Fastify's mark on what breaks off the reading of a body, such as a client that goes away half-way. */
function statusOfUnreadBody(thrown: unknown): number | undefined {
  const statusCode = (thrown as { statusCode?: unknown } | null | undefined)?.statusCode;
  return typeof statusCode === 'number' && statusCode < 500 ? statusCode : undefined;
}

/** RFC 9470 §3. */
function stepUpChallenge({ message, maxAgeSeconds }: StepUpRequiredError): string {
  return `Bearer error="insufficient_user_authentication", error_description="${message}", max_age=${maxAgeSeconds}`;
}

/**
 * RFC 6750 §3: no error code when no credential was sent, `invalid_token` when one was and is no good. Clients of
 * OAuth are asked for what they authenticate with (RFC 6749 §5.2).
 */
function challenge(error: DomainError): string {
  if (error.code === 'INVALID_CLIENT') return 'Basic realm="rollcall", charset="UTF-8"';
  if (error.code === 'UNAUTHENTICATED' || error.code === 'INVALID_CREDENTIALS') return 'Bearer';
  return `Bearer error="invalid_token", error_description="${error.message}"`;
}
