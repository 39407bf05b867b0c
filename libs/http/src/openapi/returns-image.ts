import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ProblemName } from './problem.schema.js';
import { everywhere, problemResponses } from './returns.js';

interface ImageContract {
  readonly summary: string;
  readonly description?: string;
  /** Refusals besides those that every route can give. */
  readonly problems: readonly ProblemName[];
}

/** The contract of a route that answers with a WebP image, or with 304 to somebody who has it. */
export function ReturnsImage({ summary, description, problems }: ImageContract): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary, description }),
    ApiResponse({
      status: 200,
      description: summary,
      headers: { ETag: { description: 'For `If-None-Match`', schema: { type: 'string' } } },
      content: { 'image/webp': { schema: { type: 'string', format: 'binary' } } },
    }),
    ApiResponse({ status: 304, description: 'The image is the one that `If-None-Match` names' }),
    ...problemResponses([...problems, ...everywhere]),
  );
}
