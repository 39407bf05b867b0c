import type { TransportConfig } from '@app/config';
import type { SessionId } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CsrfRejectedError } from '../errors/http.errors.js';
import { CsrfTokens } from './csrf-tokens.js';
import { transportConfigToken } from './transport.config.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** RFC 9110 §9.2.1. */
export function isSafe({ method }: FastifyRequest): boolean {
  return isSafeMethod(method);
}

export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}

/**
 * Browsers send cookies whoever wrote the page. So a request that changes something by cookies, or gets some, must
 * come from a page of ours by what the browser says, and prove that its script can read our cookies.
 */
@Injectable()
export class CrossSiteDefence {
  constructor(
    private readonly tokens: CsrfTokens,
    private readonly log: Log,
    @Inject(transportConfigToken) private readonly config: TransportConfig,
  ) {}

  /** For a request that is authenticated by cookies. Throws CsrfRejectedError. */
  assertOwnWrite(request: FastifyRequest, sessionId: SessionId): void {
    if (isSafe(request)) return;
    this.assertOwnPage(request);
    const token = request.headers['x-csrf-token'];
    if (typeof token !== 'string' || !this.tokens.isGenuine(token, sessionId)) {
      this.log.warn('csrf.rejected', { reason: 'token', session_id: sessionId, ...factsOf(request) });
      throw new CsrfRejectedError('Send the value of the CSRF cookie as X-CSRF-Token.');
    }
  }

  /**
   * Fetch Metadata first, because a page cannot forge it; then Origin. A client that sends neither is no browser that
   * a foreign page could use.
   */
  assertOwnPage(request: FastifyRequest): void {
    const { origin } = request.headers;
    const site = request.headers['sec-fetch-site'];
    const isTrusted = origin !== undefined && this.config.origins.includes(origin);
    const isOwn =
      site === undefined ? origin === undefined || this.isSameHost(origin, request) : isOwnSite(site);
    if (isOwn || isTrusted) return;
    this.log.warn('csrf.rejected', { reason: 'page', ...factsOf(request) });
    throw new CsrfRejectedError('The request comes from a page of another site.');
  }

  /** With TLS the unencrypted page of the same name is a foreign one: anybody on the way may have written it. */
  private isSameHost(origin: string, request: FastifyRequest): boolean {
    if (!URL.canParse(origin)) return false;
    const { host, protocol } = new URL(origin);
    return host === request.headers.host && (!this.config.secureCookies || protocol === 'https:');
  }
}

/** `none`: the person, not a page, caused it. `same-site` may be another team's host and has to be trusted by name. */
function isOwnSite(site: string | string[]): boolean {
  return site === 'same-origin' || site === 'none';
}

function factsOf(request: FastifyRequest): Record<string, unknown> {
  const { origin, 'sec-fetch-site': site } = request.headers;
  return {
    request_id: request.id,
    route: request.routeOptions.url,
    address: request.ip,
    origin: origin?.slice(0, 256),
    site,
  };
}
