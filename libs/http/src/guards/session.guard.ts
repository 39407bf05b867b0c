import {
  AgentWatch,
  PasswordChangeRequiredError,
  type Principal,
  ReadOnlySessionError,
  SessionCheck,
  TokenInvalidError,
} from '@app/auth';
import type { SessionId } from '@app/kernel';
import { SessionActivity, type SessionScope } from '@app/sessions';
import { RefreshTokens } from '@app/tokens';
import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress, clientFacts } from '../client-facts.js';
import { CrossSiteDefence, isSafe } from '../transport/cross-site-defence.js';
import { SessionCookies } from '../transport/session-cookies.js';
import { type AccessMode, accessModeKey, passwordKey } from './access.js';
import { type Credential, type CredentialedRequest, Credentials } from './credentials.js';
import { withinLimits } from '../limits/within-limits.js';
import { replyOf, requestOf } from '../http-context.js';
import { RouteMark } from './route-mark.js';

/** A request of a route that needs a session, past this guard. */
export interface AuthenticatedRequest extends CredentialedRequest {
  principal?: Principal;
  /** Null on a token route whose cookies identify nobody. */
  credential?: Credential | null;
}

/** Global: a route that says nothing is private. */
@Injectable()
export class SessionGuard implements CanActivate {
  private readonly access: RouteMark<AccessMode>;
  private readonly beforePasswordChange: RouteMark<true>;

  constructor(
    reflector: Reflector,
    private readonly check: SessionCheck,
    private readonly refreshTokens: RefreshTokens,
    private readonly credentials: Credentials,
    private readonly cookies: SessionCookies,
    private readonly defence: CrossSiteDefence,
    private readonly activity: SessionActivity,
    private readonly agents: AgentWatch,
  ) {
    this.access = new RouteMark(reflector, accessModeKey);
    this.beforePasswordChange = new RouteMark(reflector, passwordKey);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const mode = this.access.of(context);
    if (mode === 'public' || mode === 'refresh' || mode === 'client') return true;
    const request: AuthenticatedRequest = requestOf(context);
    if (mode !== 'token') return this.authenticate(context, request, replyOf(context));
    this.identify(request);
    return true;
  }

  private async authenticate(
    context: ExecutionContext,
    request: AuthenticatedRequest,
    reply: FastifyReply,
  ): Promise<true> {
    try {
      const credential = this.credentials.of(request);
      request.credential = credential;
      const { principal, mode } = await withinLimits(request, this.check.authenticate(credential.token));
      if (credential.via === 'cookie') {
        this.cookies.restoreCsrf(request, reply, principal.session);
        this.defence.assertOwnWrite(request, principal.session.id);
      }
      const { scope } = principal.session;
      if (scope !== 'full') this.assertWithin(scope, context, request);
      const ending = this.agents.look(principal, () => clientFacts(request));
      if (ending) await ending;
      request.principal = principal;
      this.activity.note(principal.session, clientAddress(request));
      if (mode !== 'normal') void reply.header('x-authority-mode', mode);
      return true;
    } catch (error) {
      if (!request.headers.authorization) this.cookies.clearRefuted('at', error, request, reply);
      throw error;
    }
  }

  private assertWithin(
    scope: Exclude<SessionScope, 'full'>,
    context: ExecutionContext,
    request: FastifyRequest,
  ): void {
    if (scope === 'read' && !isSafe(request)) throw new ReadOnlySessionError();
    if (scope === 'password' && !this.beforePasswordChange.of(context))
      throw new PasswordChangeRequiredError();
  }

  /** Cookies that identify nobody are no reason to keep somebody from getting rid of them. */
  private identify(request: AuthenticatedRequest): void {
    if (request.headers.authorization || !this.cookies.areIn(request)) {
      request.credential = this.credentials.of(request);
      this.check.claimsOf(request.credential.token);
      return;
    }
    this.defence.assertOwnPage(request);
    request.credential = this.cookieCredential(request, 'at') ?? this.cookieCredential(request, 'rt');
  }

  private cookieCredential(request: FastifyRequest, kind: 'at' | 'rt'): Credential | null {
    try {
      const token = this.cookies.read(request, kind);
      const sessionId = token === null ? null : this.sessionOf(token, kind);
      if (token === null || sessionId === null) return null;
      this.defence.assertOwnWrite(request, sessionId);
      return { token, via: 'cookie', isRefreshToken: kind === 'rt' };
    } catch (error) {
      if (error instanceof TokenInvalidError) return null;
      throw error;
    }
  }

  private sessionOf(token: string, kind: 'at' | 'rt'): SessionId | null {
    if (kind === 'at') return this.check.claimsOf(token).claims.sessionId;
    return this.refreshTokens.parse(token)?.sessionId ?? null;
  }
}

/** The principal of a request of a private route. */
export function principalOf({ principal }: AuthenticatedRequest): Principal {
  if (!principal) throw new Error('a principal is asked for on a route without a session');
  return principal;
}

/** As a parameter of a handler. Nest has pipes look at it, which takes some ten promises. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  return principalOf(requestOf(context));
});

/** The token of a private or token route and how it came; for handing on to a use case, never for storing. */
export const CurrentCredential = createParamDecorator(
  (_: unknown, context: ExecutionContext): Credential | null => {
    const { credential }: AuthenticatedRequest = requestOf(context);
    return credential ?? null;
  },
);
