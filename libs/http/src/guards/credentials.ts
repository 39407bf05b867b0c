import { MissingCredentialsError, TokenInvalidError } from '@app/auth';
import type { FastifyRequest } from 'fastify';

/**
 * The bearer token of the Authorization header (RFC 6750 §2.1). Tokens in the query or body are ignored: they
 * would end up in logs and histories.
 */
export function bearerToken(request: FastifyRequest): string {
  const header = request.headers.authorization;
  if (!header) throw new MissingCredentialsError();
  const [, token] = /^bearer +([^\s,]+)$/i.exec(header) ?? [];
  if (!token) throw new TokenInvalidError();
  return token;
}
