import { MissingCredentialsError, Refresh } from '@app/auth';
import { bodyProblems, CrossSiteDefence, RefreshToken, Returns, SessionCookies } from '@app/http';
import { RefreshTokens } from '@app/tokens';
import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiCookieAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { signedInExample } from './auth.examples.js';
import { type RefreshBody, refreshBody, signedInView } from './auth.schemas.js';
import { SignedInReply } from './signed-in-reply.js';

@ApiTags('Authentication')
@Controller('api/v1/auth')
export class RefreshController {
  constructor(
    private readonly refresh: Refresh,
    private readonly tokens: RefreshTokens,
    private readonly cookies: SessionCookies,
    private readonly defence: CrossSiteDefence,
    private readonly answer: SignedInReply,
  ) {}

  @Post('refresh')
  @RefreshToken()
  @ApiCookieAuth('refresh')
  @ApiBody({ required: false, schema: { $ref: '#/components/schemas/RefreshRequest' } })
  @Returns({
    summary: 'Exchange the refresh token for the next pair',
    description:
      'In the body or as a cookie, which then needs X-CSRF-Token; the answer comes the same way. A token may be used ' +
      'once; for some seconds the same token yields the same next one, so parallel and repeated calls are harmless. ' +
      'Later it is taken for stolen and the session ends.',
    data: signedInView,
    example: signedInExample,
    problems: [
      ...bodyProblems,
      'UNAUTHENTICATED',
      'TOKEN_INVALID',
      'REFRESH_REUSED',
      'SESSION_ENDED',
      'SESSION_EXPIRED',
      'CSRF_REJECTED',
      'OVERLOADED',
    ],
  })
  async refreshTokens(
    @Body({ schema: refreshBody }) body: RefreshBody,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    if (body.refresh_token) {
      return this.answer.write(reply, await this.refresh.withToken(body.refresh_token), {
        transport: 'bearer',
      });
    }
    try {
      const token = this.cookieToken(request);
      return this.answer.write(reply, await this.refresh.withToken(token), { transport: 'cookie' });
    } catch (error) {
      this.cookies.clearRefuted('rt', error, request, reply);
      throw error;
    }
  }

  private cookieToken(request: FastifyRequest): string {
    const token = this.cookies.read(request, 'rt');
    if (token === null) throw new MissingCredentialsError();
    const reference = this.tokens.parse(token);
    if (reference) this.defence.assertOwnWrite(request, reference.sessionId);
    return token;
  }
}
