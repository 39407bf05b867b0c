import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ProblemName } from './problem.schema.js';
import { everywhere, problemResponses } from './returns.js';

interface StreamContract {
  readonly summary: string;
  readonly description: string;
  /** Frames as they are sent. */
  readonly example: string;
  /** Refusals besides those that every route can give. */
  readonly problems: readonly ProblemName[];
}

/** The contract of a route that answers with events until somebody hangs up. */
export function ReturnsStream({ summary, description, example, problems }: StreamContract): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary, description }),
    lastEventId(),
    ApiResponse({
      status: 200,
      description: summary,
      content: { 'text/event-stream': { schema: { type: 'string' }, example } },
    }),
    ...problemResponses([...problems, 'OVERLOADED', ...everywhere]),
  );
}

export const lastEventId = (): MethodDecorator =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Cursor of the last event that arrived; before `after`.',
    schema: { type: 'string' },
  });
