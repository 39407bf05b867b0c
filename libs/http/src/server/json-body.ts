import type { FastifyInstance } from 'fastify';
import sjson from 'secure-json-parse';
import { MalformedRequestError } from '../errors/http.errors.js';

export const bodyLimitBytes = 64 * 1024;
const maxDepth = 16;

/**
 * JSON is the only body this product reads: everything else is 415, so that no form of a foreign page can reach
 * a writing route (ASVS v5.0.0-3.5.2).
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: bodyLimitBytes },
    (_request, body, done) => {
      try {
        done(null, parseJsonBody(body as string));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** An empty body is no body: many clients send the header with every DELETE. */
function parseJsonBody(text: string): unknown {
  if (text === '') return undefined;
  if (depthOf(text) > maxDepth) throw new MalformedRequestError('The body is nested too deeply.');
  try {
    return sjson.parse(text, null, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    // The parser's message quotes the body, which may hold a password.
    throw new MalformedRequestError('The body is not valid JSON.');
  }
}

/** Deepest nesting, counted on the text, so that a hostile body is refused before it becomes objects. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') deepest = Math.max(deepest, (depth += 1));
    else if (character === '}' || character === ']') depth -= 1;
  }
  return deepest;
}
