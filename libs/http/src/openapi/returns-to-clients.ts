import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { repliesWith } from '../server/reply-form.js';
import { oauthErrorExample, oauthErrorSchema } from './oauth-error.schema.js';
import { bodyProblems, type ProblemName } from './problem.schema.js';
import { problemResponses } from './returns.js';

interface Contract<Schema extends z.ZodType> {
  readonly summary: string;
  readonly description: string;
  readonly data: Schema;
  readonly example: z.input<Schema>;
  /** Where its parameters are. */
  readonly reads?: 'form' | 'query';
  /** Refusals besides those that every route for clients can give. */
  readonly problems?: readonly ProblemName[];
}

const everywhere: readonly ProblemName[] = ['INVALID_CLIENT', 'INTERNAL', 'STORE_UNAVAILABLE'];

/** What `Returns` is for the rest of the API: the contract of a route whose form OAuth has fixed. */
export function ReturnsToClients<Schema extends z.ZodType>(contract: Contract<Schema>): MethodDecorator {
  const { summary, description, data: schema, example, reads = 'form' } = contract;
  const inputProblems: readonly ProblemName[] = reads === 'form' ? bodyProblems : ['VALIDATION_FAILED'];
  return applyDecorators(
    ApiOperation({ summary, description }),
    ...(reads === 'form' ? [ApiConsumes('application/x-www-form-urlencoded')] : []),
    HttpCode(200),
    repliesWith({ schema, isEnveloped: false }),
    ApiResponse({ status: 200, description: summary, standardSchema: schema, example }),
    ...problemResponses([...(contract.problems ?? []), ...inputProblems, ...everywhere], {
      media: 'application/json',
      schema: oauthErrorSchema,
      example: oauthErrorExample,
    }),
  );
}
