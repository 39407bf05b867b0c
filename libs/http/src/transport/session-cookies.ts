import {
  type Principal,
  RefreshReusedError,
  SessionEndedError,
  SessionExpiredError,
  type SignedIn,
  TokenInvalidError,
} from '@app/auth';
import type { TransportConfig } from '@app/config';
import { Clock, RandomSource } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
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
    const maxAge = this.maxAge(session);
    this.send(reply, 'at', accessToken.text, maxAge);
    this.send(reply, 'rt', refreshToken, maxAge);
    this.send(reply, 'csrf', this.csrf.of(session.id), maxAge);
  }

  /** A page that lost the token, or sees two, could do nothing by cookies any more, not even sign out. */
  restoreCsrf(request: FastifyRequest, reply: FastifyReply, session: Lasting): void {
    const [token, values] = [this.csrf.of(session.id), cookieValues(request, this.name('csrf'))];
    if (values.length === 1 && values[0] === token) return;
    this.clearPlanted(request, reply, 'csrf');
    this.send(reply, 'csrf', token, this.maxAge(session));
  }

  /** All of them, or those named, and whatever was planted beside them. */
  clear(request: FastifyRequest, reply: FastifyReply, which: readonly Kind[] = kinds): void {
    for (const kind of which) {
      this.clearPlanted(request, reply, kind);
      this.send(reply, kind, '', 0);
    }
  }

  /**
   * The random id that this browser keeps, if it has just one. It opens nothing: it lets a sign-in replace the session
   * of the same browser, and tells a known browser from a new one.
   */
  deviceId(request: FastifyRequest): string | null {
    const known = cookieValues(request, this.deviceCookie).filter((value) => deviceIdForm.test(value));
    return known.length === 1 ? known[0]! : null;
  }

  newDeviceId(): string {
    return this.random.bytes(24).toString('base64url');
  }

  keepDeviceId(reply: FastifyReply, id: string): void {
    const { sameSite, secureCookies: secure } = this.config;
    const traits: CookieTraits = { httpOnly: true, secure, sameSite, maxAge: deviceIdSeconds };
    void reply.header('set-cookie', setCookie(this.deviceCookie, id, traits));
  }

  private get deviceCookie(): string {
    return this.config.secureCookies ? '__Host-did' : 'did';
  }

  /**
   * What the refusal of an access or refresh token has shown to be of no use, or it would be sent and refused for ever.
   * A bad access token goes alone, since the refresh token may be good. Those of a replaced session stay: the
   * browser may have got the new ones meanwhile, and they have the same names.
   */
  clearRefuted(kind: 'at' | 'rt', error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const isReplaced = error instanceof SessionEndedError && error.end?.reason === 'replaced';
    const isOver = [SessionEndedError, SessionExpiredError, RefreshReusedError].some(
      (refusal) => error instanceof refusal,
    );
    if (error instanceof TokenInvalidError) this.clear(request, reply, kind === 'at' ? ['at'] : kinds);
    else if (isOver && !isReplaced) this.clear(request, reply);
  }

  /** For somebody who signs out: what pages of this host have stored goes as well (ASVS v5.0.0-14.3.1). */
  forget(request: FastifyRequest, reply: FastifyReply): void {
    this.clear(request, reply);
    void reply.header('clear-site-data', '"cache", "storage"');
  }

  /** Cookies of one name for other places, which would come back. Under `__Host-` there is only one place. */
  private clearPlanted(request: FastifyRequest, reply: FastifyReply, kind: Kind): void {
    if (this.config.secureCookies || cookieValues(request, this.name(kind)).length < 2) return;
    for (const place of otherPlaces(request)) this.send(reply, kind, '', 0, place);
  }

  private send(
    reply: FastifyReply,
    kind: Kind,
    value: string,
    maxAge: number | null,
    place: Place = {},
  ): void {
    const { sameSite, secureCookies: secure } = this.config;
    const traits = { httpOnly: kind !== 'csrf', secure, sameSite, maxAge, ...place };
    void reply.header('cache-control', 'no-store');
    void reply.header('set-cookie', setCookie(this.name(kind), value, traits));
  }

  private maxAge({ profile, expiresAt }: Lasting): number | null {
    if (profile !== 'remember') return null;
    return Math.floor((expiresAt.getTime() - this.clock.now().getTime()) / 1_000);
  }
}

type Lasting = Pick<Principal['session'], 'id' | 'profile' | 'expiresAt'>;

type Place = Pick<CookieTraits, 'path' | 'domain'>;

/** The paths above the address of a request, and its host and the domains above, as far as cookies can tell them apart. */
function otherPlaces({ url, hostname }: FastifyRequest): Place[] {
  const isName = isIP(hostname) === 0 && /^[\w.-]+$/.test(hostname);
  const labels = isName ? hostname.split('.').slice(-4) : [];
  const domains = labels.slice(0, -1).map((_, index) => ({ domain: labels.slice(index).join('.') }));
  return [...pathsAbove(url).map((path) => ({ path })), ...domains];
}

/** `/api`, `/api/v1`, … of `/api/v1/auth/session`, with and without a slash at the end. */
function pathsAbove(url: string): string[] {
  const segments = url.split('?')[0]!.split('/').filter(Boolean).slice(0, 6);
  const paths = segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`);
  return paths.flatMap((path) => (/^[\w/.-]+$/.test(path) ? [path, `${path}/`] : []));
}
