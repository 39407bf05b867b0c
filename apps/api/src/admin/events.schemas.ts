import { z } from 'zod';

/** A word like `session.ended`; types that do not exist simply never come. */
export const eventType = /^[a-z_]{1,40}\.[a-z_]{1,40}$/;

const maxTypes = 50;

export const cursorText = z.string('must be text').max(4_096, 'is not a cursor');

export const eventStreamQuery = z.object({
  types: z
    .string('must be text')
    .transform((text) => text.split(','))
    .refine((types) => types.length <= maxTypes && types.every((type) => eventType.test(type)), {
      error: 'must be a comma-separated list of types such as session.ended',
    })
    .optional()
    .meta({ description: 'Only these, comma-separated.', example: 'session.ended,user.disabled' }),
  user_id: z
    .uuid('must be the id of a user')
    .optional()
    .meta({ description: 'Only what concerns this user.' }),
  after: cursorText.optional().meta({ description: 'Cursor behind which to go on.' }),
});
export type EventStreamQuery = z.infer<typeof eventStreamQuery>;

export const eventStreamExample = `retry: 2000
id: 6ae1c9d2b40f7731.2s.5f1-0

id: 6ae1c9d2b40f7731.2t.5f3-0
data: {"id":"101","type":"session.ended","at":"2026-11-20T09:30:00.000Z","user_id":"019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10","session_id":"9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857","token_id":null,"gen":null,"details":{"reason":"signout"}}

`;
