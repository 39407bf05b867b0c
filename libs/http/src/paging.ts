import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ValidationFailedError } from './errors/http.errors.js';

/** Query of every list that pages. */
export const pageQuery = z.object({
  page_size: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100')
    .default(20),
  page_token: z.string('must be text').max(512, 'is not a token of this list').optional(),
});
export type PageQuery = z.infer<typeof pageQuery>;

/** Null for the first page. Throws ValidationFailedError for what this list has not given out. */
export function decodePageToken<Schema extends z.ZodType>(
  token: string | undefined,
  schema: Schema,
): z.output<Schema> | null {
  if (token === undefined) return null;
  const parsed = schema.safeParse(parseJson(Buffer.from(token, 'base64url').toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new ValidationFailedError([{ field: 'page_token', message: 'is not a token of this list' }]);
}

/**
 * Where the next page begins, as an opaque token, and as `Link` (RFC 8288) with everything else of the query kept; null if
 * there is no next one. It holds keys of rows that the caller has just seen, so it needs no protection; whoever makes one up
 * pages through the same own rows from another place.
 */
export function nextPageToken(
  request: FastifyRequest,
  reply: FastifyReply,
  key: readonly (string | number)[] | null,
): string | null {
  if (key === null) return null;
  const token = Buffer.from(JSON.stringify(key)).toString('base64url');
  const url = new URL(request.url, 'http://localhost');
  url.searchParams.set('page_token', token);
  void reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
  return token;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a token of ours.
    return null;
  }
}
