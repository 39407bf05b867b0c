import { applyDecorators, HttpCode } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { repliesWith } from '../server/reply-form.js';
import { problemExample, type ProblemName, problemSchema } from './problem.schema.js';

interface Contract<Schema extends z.ZodType> {
  readonly summary: string;
  readonly description?: string;
  readonly status?: number;
  readonly data: Schema;
  readonly example: z.input<Schema>;
  /** Refusals besides those that every route can give. */
  readonly problems?: readonly ProblemName[];
}

export const everywhere: readonly ProblemName[] = ['RATE_LIMITED', 'INTERNAL', 'STORE_UNAVAILABLE'];

/**
 * The contract of a route in one place: status, envelope, enforced schema, examples and refusals. What the
 * document promises is what the serialiser enforces, so they cannot differ.
 */
export function Returns<Schema extends z.ZodType>(contract: Contract<Schema>): MethodDecorator {
  const status = contract.status ?? 200;
  const schema = z.object({ success: z.literal(true), data: contract.data });
  const content = { example: { success: true, data: contract.example } };
  return applyDecorators(
    ApiOperation({ summary: contract.summary, description: contract.description }),
    HttpCode(status),
    repliesWith({ schema, isEnveloped: true }),
    ApiResponse({ status, description: contract.summary, standardSchema: schema, ...content }),
    ...problemResponses([...(contract.problems ?? []), ...everywhere]),
  );
}

interface RefusalForm {
  readonly media: string;
  /** Name of a component. */
  readonly schema: string;
  readonly example: (name: ProblemName) => object;
}

const problemForm: RefusalForm = {
  media: 'application/problem+json',
  schema: problemSchema,
  example: problemExample,
};

/** One response per status; several codes of one status become its named examples. */
export function problemResponses(names: readonly ProblemName[], form = problemForm): MethodDecorator[] {
  const byStatus = new Map<number, ProblemName[]>();
  for (const name of names) {
    const { status } = problemExample(name);
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  return [...byStatus].map(([status, codes]) =>
    ApiResponse({
      status,
      description: codes.join(', '),
      content: {
        [form.media]: {
          schema: { $ref: `#/components/schemas/${form.schema}` },
          examples: Object.fromEntries(
            codes.map((code) => [code, { summary: code, value: form.example(code) }]),
          ),
        },
      },
    }),
  );
}
