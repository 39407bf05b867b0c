import type { FastifyInstance } from 'fastify';
import { MalformedRequestError, UnsupportedMediaTypeError } from '../errors/http.errors.js';
import { checking } from './hooks.js';
import { bodyLimitBytes } from './json-body.js';
import { isOAuth } from './oauth-routes.js';

const maxParameters = 32;

/**
 * Forms are what OAuth prescribes, and only its routes read them: everywhere else they are 415, because any page of
 * anybody can send them.
 */
export function acceptFormsOfOAuth(server: FastifyInstance): void {
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: bodyLimitBytes },
    (request, body, done) => {
      try {
        if (!isOAuth(request)) throw new UnsupportedMediaTypeError();
        done(null, parseForm(body as string));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  server.addHook(
    'onRequest',
    checking((request) => {
      const type = request.headers['content-type'];
      if (
        type !== undefined &&
        isOAuth(request) &&
        !/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)
      )
        throw new UnsupportedMediaTypeError('application/x-www-form-urlencoded');
    }),
  );
}

/** RFC 6749 §3.2: no parameter twice; one without a value counts as omitted. */
function parseForm(body: string): Readonly<Record<string, string>> {
  const parameters = [...new URLSearchParams(body)].filter(([, value]) => value !== '');
  if (parameters.length > maxParameters) throw new MalformedRequestError('The body has too many parameters.');
  const names = new Set(parameters.map(([name]) => name));
  if (names.size < parameters.length) throw new MalformedRequestError('The body names a parameter twice.');
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(parameters));
}
