import type { Principal } from '@app/auth';
import {
  type Credential,
  CurrentCredential,
  CurrentPrincipal,
  ForwardAuth,
  ForwardedAccess,
  NeedsSession,
  Returns,
  sessionProblems,
} from '@app/http';
import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { principalExample } from './auth.examples.js';

const verifiedView = z.object({ user_id: z.string(), session_id: z.string() }).meta({ id: 'Verified' });

const description = `For the auth request of nginx, Traefik, Caddy and Envoy, with the cookies or the token of the request that it is about.
\`Remote-User\` (the id of the account), \`Remote-Email\` and \`X-Session-ID\` are set on every reply, empty when it is nobody. With
\`pages=redirect\`, somebody without a session who opens a page in a browser is sent to \`SIGN_IN_URL\` (302).`;

@ApiTags('Authentication')
@Controller('api/v1/auth')
export class VerifyController {
  constructor(private readonly access: ForwardedAccess) {}

  /** Not limited: whoever opens a page asks for dozens of things at once. Limits are the application's. */
  @Get('verify')
  @NeedsSession()
  @ForwardAuth()
  @SkipThrottle({ global: true, user: true })
  @ApiHeader({
    name: 'X-Forwarded-Method',
    required: false,
    description:
      'Method of the request; must be set by the proxy where cookies are used. Or `X-Original-Method`',
  })
  @ApiHeader({
    name: 'X-Forwarded-Uri',
    required: false,
    description: 'Path and query of the request, to come back to. Or `X-Original-URI`',
  })
  @ApiQuery({ name: 'pages', required: false, enum: ['redirect'] })
  @Returns({
    summary: 'May this request pass? For reverse proxies',
    description,
    data: verifiedView,
    example: { user_id: principalExample.user.id, session_id: principalExample.session.id },
    problems: [...sessionProblems, 'VALIDATION_FAILED', 'FORBIDDEN', 'CSRF_REJECTED'],
  })
  @ApiResponse({ status: 302, description: 'With `pages=redirect`: to where somebody signs in' })
  verify(
    @CurrentPrincipal() principal: Principal,
    @CurrentCredential() credential: Credential,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    this.access.assertMayPass(request, principal, credential);
    this.access.identify(reply, principal);
    return { user_id: principal.user.id, session_id: principal.session.id };
  }
}
