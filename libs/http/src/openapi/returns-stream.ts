import { applyDecorators } from '@nestjs/common';
import { ApiExtension, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
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

const lastEventId = (): MethodDecorator =>
  ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Cursor of the last event that arrived; before `after`.',
    schema: { type: 'string' },
  });

const extension = 'x-event-stream';

/** The route answers with frames, too, if that is what `Accept` prefers. */
export const alsoAsStream = (example: string): MethodDecorator =>
  applyDecorators(lastEventId(), ApiExtension(extension, example));

interface Operation {
  [extension]?: string;
  readonly responses: Record<string, { content?: Record<string, object> }>;
}

/** Decorators know one type of content for each status; what `alsoAsStream` has noted is put where it belongs. */
export function moveStreams(paths: Readonly<Record<string, object>>): void {
  for (const item of Object.values(paths)) {
    for (const operation of Object.values(item) as Operation[]) {
      const example = operation[extension];
      if (example === undefined) continue;
      delete operation[extension];
      Object.assign(operation.responses['200']!.content!, {
        'text/event-stream': { schema: { type: 'string' }, example },
      });
    }
  }
}
