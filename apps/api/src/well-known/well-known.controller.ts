import type { TokensConfig } from '@app/config';
import { Public } from '@app/http';
import { KeyRing, keyTiming } from '@app/tokens';
import { Controller, Get, Header, Headers, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { authorityToken } from '../authority.js';
import { matches } from './entity-tag.js';
import { authorityMetadata, metadataExample, metadataSchema } from './metadata.js';

/** Both documents change rarely; a key is published long before its first token. */
const cacheable = `public, max-age=${keyTiming.cache}`;

const jwksSchema = {
  type: 'object',
  required: ['keys'],
  properties: {
    keys: {
      type: 'array',
      items: {
        type: 'object',
        required: ['kty', 'crv', 'x', 'y', 'kid', 'use', 'alg'],
        properties: Object.fromEntries(
          ['kty', 'crv', 'x', 'y', 'kid', 'use', 'alg'].map((member) => [member, { type: 'string' }]),
        ),
      },
    },
  },
} as const;

@ApiTags('Discovery')
@Controller('.well-known')
@Public()
export class WellKnownController {
  constructor(
    private readonly keys: KeyRing,
    @Inject(authorityToken) private readonly authority: TokensConfig,
  ) {}

  @Get('jwks.json')
  @Header('cache-control', cacheable)
  @ApiOperation({
    summary: 'Public keys that verify access tokens (RFC 7517)',
    description:
      'Key that signs, its successor and those whose last tokens may be alive. 304 to `If-None-Match`.',
  })
  @ApiResponse({
    status: 200,
    description: 'Key set',
    schema: jwksSchema as never,
    example: {
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
          y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
          kid: 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s',
          use: 'sig',
          alg: 'ES256',
        },
      ],
    },
  })
  getKeySet(
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { keys, etag } = this.keys.published();
    void reply.header('etag', etag);
    if (!matches(known, etag)) return { keys };
    void reply.status(304);
    return undefined;
  }

  @Get('oauth-authorization-server')
  @Header('cache-control', cacheable)
  @ApiOperation({ summary: 'Where tokens are checked and how (RFC 8414)' })
  @ApiResponse({
    status: 200,
    description: 'Metadata',
    schema: metadataSchema,
    example: metadataExample,
  })
  getMetadata() {
    return authorityMetadata(this.authority.issuer);
  }
}
