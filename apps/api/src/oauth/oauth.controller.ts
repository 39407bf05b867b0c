import { TokenIntrospection, TokenRevocation } from '@app/auth';
import type { TokensConfig } from '@app/config';
import { answerPropagation, CurrentClient, ForClients, RateLimit, ReturnsToClients } from '@app/http';
import type { Client } from '@app/tokens';
import { Body, Controller, Inject, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { authorityToken } from '../authority.js';
import { activeExample } from './oauth.examples.js';
import { presentIntrospection } from './oauth.presenter.js';
import { introspectionView, revokedView, type TokenForm, tokenForm } from './oauth.schemas.js';

@ApiTags('OAuth')
@Controller('api/v1/oauth')
export class OAuthController {
  constructor(
    private readonly introspection: TokenIntrospection,
    private readonly revocation: TokenRevocation,
    @Inject(authorityToken) private readonly authority: TokensConfig,
  ) {}

  @Post('introspect')
  @ForClients()
  @RateLimit('client')
  @ReturnsToClients({
    summary: 'Is this token good, and whose is it? (RFC 7662)',
    description:
      'Goes through the same check as a request. A token that is dead, unknown or foreign is answered ' +
      '`{"active": false}` and nothing else; when nobody can vouch, 503. Refresh tokens are told of to ' +
      'applications only.',
    data: introspectionView,
    example: activeExample,
  })
  async introspect(
    @Body({ schema: tokenForm }) { token }: TokenForm,
    @CurrentClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const live = await this.introspection.introspect(token, client);
    if (live && live.mode !== 'normal') void reply.header('x-authority-mode', live.mode);
    return presentIntrospection(live, this.authority);
  }

  @Post('revoke')
  @ForClients()
  @RateLimit('client')
  @ReturnsToClients({
    summary: 'Revoke a token (RFC 7009)',
    description:
      'An access token alone, or with a refresh token its whole session. A token that is dead or unknown is ' +
      'answered like one that was revoked. 202 while it is not proven on every instance: repeat the call.',
    data: revokedView,
    example: { propagation: 'complete' },
    problems: ['UNAUTHORIZED_CLIENT'],
  })
  async revoke(
    @Body({ schema: tokenForm }) { token }: TokenForm,
    @CurrentClient() client: Client,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const propagation = await this.revocation.revokePresented(token, client);
    answerPropagation(reply, { propagation });
    return { propagation };
  }
}
