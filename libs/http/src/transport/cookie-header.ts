import type { FastifyRequest } from 'fastify';

/**
 * Every value that comes under a name, spelt exactly so. A library would give the first of several, but which one the
 * browser put first is in the hands of whoever planted the other (RFC 6265bis §8.6).
 */
export function cookieValues(request: FastifyRequest, name: string): string[] {
  const { cookie } = request.headers;
  if (!cookie) return [];
  return cookie.split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : [];
  });
}

export interface CookieTraits {
  readonly secure: boolean;
  readonly sameSite: 'lax' | 'strict';
  /** Hidden from scripts. */
  readonly httpOnly: boolean;
  /** Seconds; null until the browser closes. */
  readonly maxAge: number | null;
  readonly path?: string;
  /** Absent: this host alone. */
  readonly domain?: string;
}

/** A `Set-Cookie` value. Names and values are ours: no character in them needs quoting. */
export function setCookie(name: string, value: string, traits: CookieTraits): string {
  return [
    `${name}=${value}`,
    `Path=${traits.path ?? '/'}`,
    ...(traits.domain === undefined ? [] : [`Domain=${traits.domain}`]),
    ...(traits.maxAge === null ? [] : [`Max-Age=${traits.maxAge}`]),
    ...(traits.httpOnly ? ['HttpOnly'] : []),
    ...(traits.secure ? ['Secure'] : []),
    `SameSite=${traits.sameSite === 'strict' ? 'Strict' : 'Lax'}`,
  ].join('; ');
}
