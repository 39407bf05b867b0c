import { InvalidClientError } from '@app/tokens';
import type { FastifyRequest } from 'fastify';
import { MalformedRequestError } from '../errors/http.errors.js';

export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

/**
 * `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1). Throws InvalidClientError when there are none or
 * they cannot be read, MalformedRequestError for two at once (§2.3).
 */
export function clientCredentials(request: FastifyRequest): ClientCredentials {
  const { authorization } = request.headers;
  const { client_id: id, client_secret: secret } = (request.body ?? {}) as Record<string, string | undefined>;
  if (authorization === undefined) {
    if (id === undefined || secret === undefined) throw new InvalidClientError();
    return { id, secret };
  }
  const credentials = basicCredentials(authorization);
  if (secret !== undefined || (id !== undefined && id !== credentials.id))
    throw new MalformedRequestError('Authenticate the client in one way only.');
  return credentials;
}

/** Both parts are form-encoded before they are joined: a colon in either is `%3A`. */
function basicCredentials(authorization: string): ClientCredentials {
  const [, encoded] = /^basic +([a-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  if (id === undefined || secret === undefined) throw new InvalidClientError();
  return { id: formDecoded(id), secret: formDecoded(secret) };
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // A percent sign that encodes nothing.
    throw new InvalidClientError();
  }
}
