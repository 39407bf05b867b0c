import { type SignedIn, TokenInvalidError } from '@app/auth';
import type { TransportConfig } from '@app/config';
import { Clock, RandomSource } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CookieTraits, cookieValues, setCookie } from './cookie-header.js';
import { CsrfTokens } from './csrf-tokens.js';
import { transportConfigToken } from './transport.config.js';

type Kind = 'at' | 'rt' | 'csrf';

const deviceIdForm = /^[\w-]{32}$/;

/** The longest that browsers keep a cookie (RFC 6265bis §5.5). */
const deviceIdSeconds = 400 * 86_400;

const kinds: readonly Kind[] = ['at', 'rt', 'csrf'];

/**
 * The tokens of a session as cookies of this host: access and refresh token out of the reach of scripts, the CSRF
 * token within it. With TLS they carry `__Host-`, which no other host and no unencrypted page can plant or replace.
 */
@Injectable()
export class SessionCookies {
  constructor(
    private readonly csrf: CsrfTokens,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    @Inject(transportConfigToken) private readonly config: TransportConfig,
  ) {}

  name(kind: Kind): string {
    return this.config.secureCookies ? `__Host-${kind}` : kind;
  }

  /** Null if there is none. Throws TokenInvalidError if there are several that differ: one of them is planted. */
  read(request: FastifyRequest, kind: Kind): string | null {
    const [first = null, ...more] = new Set(cookieValues(request, this.name(kind)));
    if (more.length > 0) throw new TokenInvalidError();
    return first || null;
  }

  /** True if the request carries any of them, good or not. */
  areIn(request: FastifyRequest): boolean {
    return kinds.some((kind) => cookieValues(request, this.name(kind)).length > 0);
  }

  set(reply: FastifyReply, { session, accessToken, refreshToken }: SignedIn): void {
    const seconds = Math.floor((session.expiresAt.getTime() - this.clock.now().getTime()) / 1_000);
    const maxAge = session.profile === 'remember' ? seconds : null;
    this.send(reply, 'at', accessToken.text, maxAge);
    this.send(reply, 'rt', refreshToken, maxAge);
    this.send(reply, 'csrf', this.csrf.of(session.id), maxAge);
    void reply.header('cache-control', 'no-store');
  }

  /** All of them, or those named. Planted ones for a path above this request go too, or they would come back. */
  clear(request: FastifyRequest, reply: FastifyReply, which: readonly Kind[] = kinds): void {
    for (const kind of which) {
      this.send(reply, kind, '', 0);
      if (cookieValues(request, this.name(kind)).length < 2) continue;
      for (const path of pathsAbove(request.url)) this.send(reply, kind, '', 0, path);
    }
    void reply.header('cache-control', 'no-store');
  }

  /**
   * The random id of this browser, made now if it has none. It opens nothing: it lets a sign-in replace the session of
   * the same browser, and tells a known browser from a new one.
   */
  deviceId(request: FastifyRequest): string {
    const known = cookieValues(request, this.deviceCookie).filter((value) => deviceIdForm.test(value));
    return known.length === 1 ? known[0]! : this.random.bytes(24).toString('base64url');
  }

  keepDeviceId(reply: FastifyReply, id: string): void {
    const { sameSite, secureCookies: secure } = this.config;
    const traits: CookieTraits = { httpOnly: true, secure, sameSite, maxAge: deviceIdSeconds };
    void reply.header('set-cookie', setCookie(this.deviceCookie, id, traits));
  }

  private get deviceCookie(): string {
    return this.config.secureCookies ? '__Host-did' : 'did';
  }

  private send(reply: FastifyReply, kind: Kind, value: string, maxAge: number | null, path = '/'): void {
    const { sameSite, secureCookies: secure } = this.config;
    const traits: CookieTraits = { httpOnly: kind !== 'csrf', secure, sameSite, maxAge, path };
    void reply.header('set-cookie', setCookie(this.name(kind), value, traits));
  }
}

/** `/api`, `/api/v1`, … of `/api/v1/auth/session`, with and without a slash at the end. */
function pathsAbove(url: string): string[] {
  const segments = url.split('?')[0]!.split('/').filter(Boolean).slice(0, 6);
  const paths = segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`);
  return paths.flatMap((path) => (/^[\w/.-]+$/.test(path) ? [path, `${path}/`] : []));
}
