import { emailText, humanText, instant, passwordText } from '@app/http';
import { z } from 'zod';

const username = humanText({ min: 3, max: 32 }).regex(
  /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u,
  'must start with a letter or digit and hold letters, digits, dots, dashes and underscores only',
);

export const registerBody = z
  .strictObject({
    email: emailText,
    password: passwordText,
    username: username.optional(),
    full_name: humanText({ min: 1, max: 120 }).optional(),
  })
  .meta({
    id: 'RegisterRequest',
    example: {
      email: 'ann@example.com',
      password: 'seven plain words make a phrase',
      full_name: 'Ann Example',
    },
  });
export type RegisterBody = z.infer<typeof registerBody>;

export const signInBody = z
  .strictObject({
    email: emailText.optional(),
    username: humanText({ min: 1, max: 254 }).optional(),
    password: passwordText,
    /** Answer to a challenge, as the ALTCHA widget makes it. */
    altcha: z.string('must be text').min(1, 'must not be empty').max(4096).optional(),
  })
  .refine((body) => (body.email === undefined) !== (body.username === undefined), {
    error: 'give either email or username',
    path: ['email'],
  })
  .meta({
    id: 'SignInRequest',
    example: { email: 'ann@example.com', password: 'seven plain words make a phrase' },
  });
export type SignInBody = z.infer<typeof signInBody>;

export const challengeQuery = z.object({
  action: z.enum(['signin']),
  account: z.string().regex(/^[\w-]{22}$/, 'must be the account of a refusal'),
});
export type ChallengeQuery = z.infer<typeof challengeQuery>;

export const userView = z
  .object({
    id: z.string(),
    email: z.string().nullable(),
    username: z.string().nullable(),
    full_name: z.string().nullable(),
    role: z.enum(['user', 'admin']),
  })
  .meta({ id: 'User' });

export const sessionSummary = z
  .object({
    id: z.string(),
    created_at: instant,
    authenticated_at: instant,
    idle_expires_at: instant,
    expires_at: instant,
  })
  .meta({ id: 'SessionSummary' });

export const signedInView = z
  .object({
    user: userView,
    session: sessionSummary,
    access_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
    refresh_token: z.string(),
  })
  .meta({ id: 'SignedIn' });

export const principalView = z.object({ user: userView, session: sessionSummary }).meta({ id: 'Principal' });

/** `pending`: durable, but not proven on every instance within 1.2 s; the same call may be repeated. */
export const propagation = z.enum(['complete', 'pending']);

export const signedOutView = z
  .object({
    message: z.string(),
    end_reason: z.string(),
    ended_at: instant,
    propagation,
  })
  .meta({ id: 'SignedOut' });

export const signedOutEverywhereView = z
  .object({ message: z.string(), sessions_deleted: z.int(), propagation })
  .meta({ id: 'SignedOutEverywhere' });

export const sessionCountView = z
  .object({ active_sessions: z.int(), redis_available: z.boolean() })
  .meta({ id: 'SessionCount' });
