import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Access, accessKey, attach } from './decorators.js';
import { RollcallException } from './rollcall.exception.js';
import { TokenCheck } from './token-check.js';

interface AnyRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What replies of Express and Fastify have in common. */
interface AnyReply {
  header(name: string, value: string): unknown;
}

/** Lets a request pass whose bearer token is good, and tells who asks. For HTTP routes, on Express and Fastify. */
@Injectable()
export class RollcallGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(TokenCheck) private readonly tokens: TokenCheck,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(accessKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (context.getType() !== 'http') {
      if (access === 'public') return true;
      throw new Error('RollcallGuard guards HTTP routes; mark handlers of other transports as @Public()');
    }
    const request = context.switchToHttp().getRequest<AnyRequest>();
    if (access === 'public') {
      attach(request, null);
      return true;
    }
    try {
      await this.judge(request, access === 'optional');
      return true;
    } catch (error) {
      if (error instanceof RollcallException) tell(context.switchToHttp().getResponse<AnyReply>(), error);
      throw error;
    }
  }

  private async judge(request: AnyRequest, isOptional: boolean): Promise<void> {
    const token = bearerToken(request);
    if (token === null && !isOptional) throw RollcallException.refused('UNAUTHENTICATED', 'Sign in first.');
    attach(request, token === null ? null : await this.tokens.check(token));
  }
}

/** Of the header alone (RFC 6750 §2.1): tokens in addresses end up in logs. */
function bearerToken({ headers: { authorization } }: AnyRequest): string | null {
  if (authorization === undefined) return null;
  const [, token] = /^bearer +([\w.-]{1,4096})$/i.exec(String(authorization)) ?? [];
  if (token === undefined) throw RollcallException.refused('TOKEN_INVALID', 'The token cannot be read.');
  return token;
}

function tell(reply: AnyReply, { headers }: RollcallException): void {
  reply.header('content-type', 'application/problem+json; charset=utf-8');
  reply.header('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
}
