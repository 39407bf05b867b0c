import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ProblemName } from './problem.schema.js';
import { everywhere, problemResponses } from './returns.js';

interface LinesContract {
  readonly summary: string;
  readonly description: string;
  /** Lines as they are sent. */
  readonly example: string;
  /** Refusals besides those that every route can give. */
  readonly problems: readonly ProblemName[];
}

/** The contract of a route that answers with a file of JSON Lines. */
export function ReturnsLines({ summary, description, example, problems }: LinesContract): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary, description }),
    ApiResponse({
      status: 200,
      description: summary,
      content: { 'application/x-ndjson': { schema: { type: 'string' }, example } },
    }),
    ...problemResponses([...problems, ...everywhere]),
  );
}
