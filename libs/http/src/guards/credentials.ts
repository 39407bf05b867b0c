import { MissingCredentialsError, TokenInvalidError } from '@app/auth';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { SessionCookies } from '../transport/session-cookies.js';

export interface Credential {
  readonly token: string;
  readonly via: 'header' | 'cookie';
  /** Only where signing out has no access token to go by. */
  readonly isRefreshToken?: boolean;
}

export interface CredentialedRequest extends FastifyRequest {
  /** What was read from it, proven or not. */
  readCredential?: Credential;
}

@Injectable()
export class Credentials {
  constructor(private readonly cookies: SessionCookies) {}

  /**
   * The access token of a request: of the Authorization header (RFC 6750 §2.1), or else of the cookie. With both the
   * header alone counts, good or bad. Tokens in the query or body are ignored: they would end up in logs.
   */
  of(request: CredentialedRequest): Credential {
    return (request.readCredential ??= this.read(request));
  }

  private read(request: FastifyRequest): Credential {
    if (request.headers.authorization)
      return { token: bearerToken(request.headers.authorization), via: 'header' };
    const token = this.cookies.read(request, 'at');
    if (token === null) throw new MissingCredentialsError();
    return { token, via: 'cookie' };
  }
}

function bearerToken(header: string): string {
  const [scheme] = /^bearer +/i.exec(header) ?? [];
  // What follows is judged by who verifies it: nothing with a blank or a comma in it is a token.
  if (scheme === undefined || scheme.length === header.length) throw new TokenInvalidError();
  return header.slice(scheme.length);
}
