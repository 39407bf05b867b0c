import type { FastifyInstance } from 'fastify';
import sjson from 'secure-json-parse';
import { MalformedRequestError } from '../errors/http.errors.js';

export const bodyLimitBytes = 64 * 1024;
const maxDepth = 16;

/**
 * JSON is the only body this product reads, besides the forms of OAuth (form-body.ts): everything else is 415, so that
 * no form of a foreign page can reach a writing route (ASVS v5.0.0-3.5.2).
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: bodyLimitBytes },
    (_request, body, done) => {
      try {
        done(null, parseJsonBody(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** An empty body is no body: many clients send the header with every DELETE. */
function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const text = decoded(body);
  const { depth, members } = measured(text);
  if (depth > maxDepth) throw new MalformedRequestError('The body is nested too deeply.');
  const value = parsed(text);
  if (membersOf(value) !== members) throw new MalformedRequestError('The body names a member twice.');
  return value;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const byteOrderMark = '\uFEFF';

/**
 * UTF-8 without a byte order mark, or nothing (RFC 8259 §8.1). A repaired body would mean one thing here and
 * another to whoever reads it before or after us, and two different passwords could become the same one.
 */
function decoded(body: Buffer): string {
  try {
    const text = utf8.decode(body);
    if (!text.startsWith(byteOrderMark)) return text;
  } catch {
    // Not UTF-8; refused below.
  }
  throw new MalformedRequestError('The body is not UTF-8 text without a byte order mark.');
}

function parsed(text: string): unknown {
  try {
    return sjson.parse(text, null, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    // The parser's message quotes the body, which may hold a password.
    throw new MalformedRequestError('The body is not valid JSON.');
  }
}

/**
 * Deepest nesting and number of members, counted on the text: the one so that a hostile body is refused before it
 * becomes objects, the other because objects no longer tell that a name came twice.
 */
function measured(text: string): { depth: number; members: number } {
  let open = 0;
  let depth = 0;
  let members = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === ':') members += 1;
    else if (character === '{' || character === '[') depth = Math.max(depth, (open += 1));
    else if (character === '}' || character === ']') open -= 1;
  }
  return { depth, members };
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : children.length;
  return children.reduce<number>((sum, child) => sum + membersOf(child), own);
}
