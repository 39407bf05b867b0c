import { type Principal, SessionCheck } from '@app/auth';
import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccessMode, accessModeKey } from './access.js';
import { withinLimits } from '../limits/within-limits.js';
import { bearerToken } from './credentials.js';

interface AuthenticatedRequest extends FastifyRequest {
  principal?: Principal;
}

/** Global: a route that says nothing is private. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly check: SessionCheck,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const mode = this.reflector.getAllAndOverride<AccessMode | undefined>(accessModeKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (mode === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const token = bearerToken(request);
    if (mode === 'token') this.check.claimsOf(token);
    else await this.authenticate(request, token, context.switchToHttp().getResponse<FastifyReply>());
    return true;
  }

  private async authenticate(
    request: AuthenticatedRequest,
    token: string,
    reply: FastifyReply,
  ): Promise<void> {
    const { principal, mode } = await withinLimits(request, this.check.authenticate(token));
    request.principal = principal;
    if (mode !== 'normal') void reply.header('x-authority-mode', mode);
  }
}

/** The principal of a private route. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw new Error('CurrentPrincipal is used on a route without a session');
  return principal;
});

/** The raw token of a private or token route; for handing on to a use case, never for storing. */
export const BearerToken = createParamDecorator((_: unknown, context: ExecutionContext): string =>
  bearerToken(context.switchToHttp().getRequest<FastifyRequest>()),
);
