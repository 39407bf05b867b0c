import { AccountProtection } from '@app/auth';
import { Client, problemResponses, Public, RateLimit } from '@app/http';
import type { ClientFacts } from '@app/sessions';
import { applyDecorators, Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { challengeExample } from './auth.examples.js';
import { type ChallengeQuery, challengeQuery } from './auth.schemas.js';

const challengeSchema = {
  type: 'object',
  required: ['parameters', 'signature'],
  properties: { parameters: { type: 'object' }, signature: { type: 'string' } },
} as const;

@ApiTags('Authentication')
@Controller('api/v1/auth')
@Public()
export class ChallengeController {
  constructor(private readonly protection: AccountProtection) {}

  @Get('challenge')
  @RateLimit('challenge')
  @ApiOperation({
    summary: 'Get a proof-of-work challenge',
    description:
      'In the form that ALTCHA widgets read. A refusal with `CHALLENGE_REQUIRED` names action and account, and ' +
      'holds a first challenge. An answer is good for one attempt within two minutes.',
  })
  @ApiQuery({ name: 'action', enum: ['signin'], required: true })
  @ApiQuery({ name: 'account', description: 'As the refusal names it', required: true, type: String })
  @ApiResponse({
    status: 200,
    description: 'Challenge',
    schema: challengeSchema as never,
    example: challengeExample,
  })
  @applyDecorators(
    ...problemResponses(['VALIDATION_FAILED', 'RATE_LIMITED', 'INTERNAL', 'STORE_UNAVAILABLE']),
  )
  getChallenge(@Query({ schema: challengeQuery }) query: ChallengeQuery, @Client() client: ClientFacts) {
    return this.protection.challenge(query, client.ipAddress);
  }
}
