import { type Principal, ReadOnlySessionError } from '@app/auth';
import type { TransportConfig } from '@app/config';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ValidationFailedError } from '../errors/http.errors.js';
import type { Credential } from '../guards/credentials.js';
import { routeConfig } from '../server/route-config.js';
import { CrossSiteDefence, isSafeMethod } from '../transport/cross-site-defence.js';
import { transportConfigToken } from '../transport/transport.config.js';
import { forwardedRequest } from './forwarded-request.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reverse proxies ask here whether to let a request through. */
    readonly forwardAuth?: true;
  }
}

/** On the handler: its refusals name nobody, and send people to where they sign in. */
export const ForwardAuth = () => routeConfig({ forwardAuth: true });

export function isForwardAuth(request: FastifyRequest): boolean {
  return request.routeOptions.config.forwardAuth === true;
}

/** Answers reverse proxies that ask whether a request of somebody else may pass. */
@Injectable()
export class ForwardedAccess {
  constructor(
    private readonly defence: CrossSiteDefence,
    @Inject(transportConfigToken) private readonly config: Pick<TransportConfig, 'origins' | 'signInUrl'>,
  ) {}

  /**
   * Throws ReadOnlySessionError for a session that may not do everything: the application does not know what it may.
   * With cookies CsrfRejectedError for a page of another site that wants to change something, and ValidationFailedError
   * if the proxy does not say what is wanted, which would leave the door open unseen.
   */
  assertMayPass(request: FastifyRequest, { session }: Principal, { via }: Credential): void {
    if (session.scope !== 'full') throw new ReadOnlySessionError();
    if (via !== 'cookie') return;
    const { method } = forwardedRequest(request);
    if (method === null) {
      const message = 'must be set by the proxy to the method of the request';
      throw new ValidationFailedError([{ field: 'X-Forwarded-Method', message }]);
    }
    if (!isSafeMethod(method) || opensSocket(request)) this.defence.assertOwnPage(request);
  }

  /** Sets, on every reply, what the proxy hands on; null says that it is nobody. */
  identify(reply: FastifyReply, principal: Principal | null): void {
    void reply.headers({
      'remote-user': principal?.user.id ?? '',
      'remote-email': headerText(principal?.user.email ?? ''),
      'x-session-id': principal?.session.id ?? '',
    });
  }

  /**
   * Refuses, and sends somebody without a session who opens a page to where they sign in, with the way back if the page is
   * one of ours. Only if the proxy hands redirects on (`?pages=redirect`): nginx takes one for a failure. Returns the status.
   */
  refuse(request: FastifyRequest, reply: FastifyReply, status: number): number {
    this.identify(reply, null);
    const isWanted = status === 401 && (request.query as Record<string, unknown>)['pages'] === 'redirect';
    const location = isWanted ? this.signInFor(request) : null;
    if (location === null) return status;
    void reply.header('location', location);
    return 302;
  }

  private signInFor(request: FastifyRequest): string | null {
    const { signInUrl, origins } = this.config;
    const { method, url } = forwardedRequest(request);
    if (signInUrl === null || !isPage(request, method ?? request.method)) return null;
    const location = new URL(signInUrl);
    if (url !== null && origins.includes(url.origin)) location.searchParams.set('return_to', url.href);
    return location.href;
  }
}

/** A WebSocket opens with GET, and with the cookies of whoever visits the page that opens it (RFC 6455 §10.2). */
function opensSocket({ headers }: FastifyRequest): boolean {
  return headers['sec-websocket-key'] !== undefined || headers.upgrade !== undefined;
}

/** Somebody opens it in a browser, as far as can be told; scripts and programs want a status instead. */
function isPage({ headers }: FastifyRequest, method: string): boolean {
  const mode = headers['sec-fetch-mode'];
  const takesPages = /(?:^|,)\s*text\/html\s*(?:;|,|$)/i.test(headers.accept ?? '');
  const isOpened = mode === undefined || mode === 'navigate';
  return isSafeMethod(method) && takesPages && isOpened && headers.authorization === undefined;
}

/** Headers are ASCII; anything else is percent-encoded, and so is the sign for that. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x24\x26-\x7e]+/gu, (part) => encodeURIComponent(part));
}
