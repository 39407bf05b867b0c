import type { FastifyReply, FastifyRequest } from 'fastify';

/** A WebP image whose bytes a hash names. */
interface NamedImage {
  readonly hash: string;
  readonly image: Buffer;
}

/**
 * Sets the headers of an image and gives its bytes, or nothing with 304 (RFC 9110 §13.1.2). The type is fixed and not
 * to be guessed, the name is ours, and as a document it may do nothing (the policy of all replies sandboxes it).
 */
export function answerImage(
  request: FastifyRequest,
  reply: FastifyReply,
  { hash, image, cacheControl }: NamedImage & { readonly cacheControl: string },
): Buffer | undefined {
  const tag = `"${hash}"`;
  void reply.headers({ etag: tag, 'cache-control': cacheControl });
  if (names(request.headers['if-none-match'], tag)) {
    void reply.status(304);
    return undefined;
  }
  void reply.headers({
    'content-type': 'image/webp',
    'content-disposition': 'inline; filename="avatar.webp"',
  });
  return image;
}

function names(header: string | undefined, tag: string): boolean {
  const given = (header ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return given.some((each) => each === tag || each === '*');
}
