import { instant } from '@app/http';
import { z } from 'zod';
import { cursorText } from '../admin/events.schemas.js';

const whole = (min: number, max: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`);

export const revocationsQuery = z.object({
  after: cursorText
    .optional()
    .meta({ description: '`next` of the reply before. Without it: all that still matters.' }),
  limit: whole(1, 1_000).default(200),
  wait: whole(0, 30).default(0).meta({ description: 'Seconds to wait for something if there is nothing.' }),
});
export type RevocationsQuery = z.infer<typeof revocationsQuery>;

const revocationView = z
  .object({
    kind: z.enum(['session', 'user', 'token', 'key']),
    user_id: z.string().nullable(),
    session_id: z.string().nullable(),
    jti: z.string().nullable(),
    kid: z.string().nullable(),
    issued_before: instant.nullable(),
    reason: z.string(),
    at: instant,
    expires_at: instant,
    cursor: z.string(),
  })
  .meta({ id: 'Revocation' });
export type RevocationView = z.infer<typeof revocationView>;

export const revocationListView = z
  .object({ revocations: z.array(revocationView), next: z.string(), has_more: z.boolean() })
  .meta({ id: 'RevocationList' });

const revocationExample: RevocationView = {
  kind: 'session',
  user_id: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10',
  session_id: '9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857',
  jti: null,
  kid: null,
  issued_before: null,
  reason: 'signout',
  at: '2026-11-20T09:30:00.000Z',
  expires_at: '2026-11-20T09:46:00.000Z',
  cursor: '6ae1c9d2b40f7731.2t.5f3-0',
};

export const revocationsExample: z.input<typeof revocationListView> = {
  revocations: [revocationExample],
  next: revocationExample.cursor,
  has_more: false,
};

export const revocationStreamExample = `retry: 2000
id: 6ae1c9d2b40f7731.2s.5f1-0

id: ${revocationExample.cursor}
data: ${JSON.stringify(revocationExample)}

`;
