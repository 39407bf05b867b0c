import { BareReply, Public } from '@app/http';
import { KeyRing } from '@app/tokens';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';

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
  constructor(private readonly keys: KeyRing) {}

  @Get('jwks.json')
  @BareReply()
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({ summary: 'Public keys that verify access tokens (RFC 7517)' })
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
  getKeySet() {
    return { keys: this.keys.jwks() };
  }
}
