import type { TransportConfig } from '@app/config';
import type { SessionId } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CsrfRejectedError } from '../errors/http.errors.js';
import { CsrfTokens } from './csrf-tokens.js';
import { transportConfigToken } from './transport.config.js';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** RFC 9110 §9.2.1. */
export function isSafe({ method }: FastifyRequest): boolean {
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
    @Inject(transportConfigToken) private readonly config: TransportConfig,
  ) {}

  /** For a request that is authenticated by cookies. Throws CsrfRejectedError. */
  assertOwnWrite(request: FastifyRequest, sessionId: SessionId): void {
    if (isSafe(request)) return;
    this.assertOwnPage(request);
    const token = request.headers['x-csrf-token'];
    if (typeof token !== 'string' || !this.tokens.isGenuine(token, sessionId)) {
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
    const isOwn = site === undefined ? origin === undefined || isSameHost(origin, request) : isOwnSite(site);
    if (!isOwn && !isTrusted) throw new CsrfRejectedError('The request comes from a page of another site.');
  }
}

/** `none`: the person, not a page, caused it. `same-site` may be another team's host and has to be trusted by name. */
function isOwnSite(site: string | string[]): boolean {
  return site === 'same-origin' || site === 'none';
}

function isSameHost(origin: string, request: FastifyRequest): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.headers.host;
}
