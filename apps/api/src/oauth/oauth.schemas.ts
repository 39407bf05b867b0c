import { z } from 'zod';

const token = z.string('must be given').min(1, 'must be given');

/**
 * One parameter more than is used: a hint may be ignored, because a token shows by itself what it is. Credentials
 * stand beside them in `client_secret_post`, and what is not known is ignored (RFC 6749 §3.2).
 */
export const tokenForm = z
  .object({
    token,
    token_type_hint: z.string().optional(),
    client_id: z.string().optional(),
    client_secret: z.string().optional(),
  })
  .meta({ id: 'TokenForm', example: { token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9…' } });
export type TokenForm = z.infer<typeof tokenForm>;

const seconds = z.int();

/** RFC 7662 §2.2. */
export const introspectionView = z
  .object({
    active: z.boolean(),
    token_type: z.enum(['Bearer', 'refresh_token']).optional(),
    sub: z.string().optional(),
    sid: z.string().optional(),
    username: z.string().optional(),
    client_id: z.string().optional(),
    iss: z.string().optional(),
    aud: z.string().optional(),
    jti: z.string().optional(),
    iat: seconds.optional(),
    exp: seconds.optional(),
    auth_time: seconds.optional(),
    amr: z.array(z.string()).optional(),
  })
  .meta({ id: 'Introspection' });

export const revokedView = z
  .object({ propagation: z.enum(['complete', 'pending']) })
  .meta({ id: 'TokenRevoked' });
