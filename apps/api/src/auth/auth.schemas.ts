import { emailText, humanText, instant, passwordText } from '@app/http';
import { usernameRule } from '@app/users';
import { z } from 'zod';

const { minLength, maxLength, pattern } = usernameRule;

export const username = humanText({ min: minLength, max: maxLength }).regex(
  pattern,
  'must start with a letter or digit and hold letters, digits, dots, dashes and underscores only',
);

/** Left out: tokens in the body and as cookies too. */
const transport = z.enum(['bearer', 'cookie']).optional();

/** How long the session may live; administrators always have a profile of their own. */
const profile = z.enum(['standard', 'strict', 'remember']).optional();

/** What an app calls itself, random and kept by it; a browser has a cookie for that. */
const deviceId = z
  .string('must be text')
  .regex(/^[\w-]{16,128}$/, 'must have 16 to 128 letters, digits, dashes or underscores')
  .optional();

export const registerBody = z
  .strictObject({
    email: emailText,
    password: passwordText,
    username: username.optional(),
    full_name: humanText({ min: 1, max: 120 }).optional(),
    transport,
    profile,
    device_id: deviceId,
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
    transport,
    profile,
    device_id: deviceId,
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

export const ticketBody = z
  .strictObject({
    ticket: z
      .string('must be text')
      .min(1, 'must not be empty')
      .max(2048, 'must have at most 2048 characters'),
    end_session_id: z.string('must be text'),
    transport,
  })
  .meta({
    id: 'ContinueSignInRequest',
    example: {
      ticket: 'eyJ1c2VyIjoiLi4uIn0.c2lnbmF0dXJl',
      end_session_id: '9f2c41d07be35a86c1d4e0f7a2b95836d7e1f4c20a9b8375e6d1c4f0a3b29857',
    },
  });
export type TicketBody = z.infer<typeof ticketBody>;

export const redeemShareBody = z
  .strictObject({
    token: z.string('must be text').min(1, 'must not be empty').max(128, 'must have at most 128 characters'),
    transport,
  })
  .meta({ id: 'RedeemShareRequest', example: { token: 'mF_9.B5f-4.1JqM', transport: 'bearer' } });
export type RedeemShareBody = z.infer<typeof redeemShareBody>;

const refreshRequest = z
  .strictObject({
    refresh_token: z.string('must be text').max(4096, 'must have at most 4096 characters').optional(),
  })
  .meta({
    id: 'RefreshRequest',
    example: { refresh_token: 'nyxB0HvjWobB1OD3orlYNtfh9MIKm4N15tHE8KOymFc0x3yq…' },
  });

/** Without a body the cookie is meant. */
export const refreshBody = z.preprocess((body) => body ?? {}, refreshRequest);
export type RefreshBody = z.infer<typeof refreshBody>;

export const stepUpBody = z
  .strictObject({ password: passwordText })
  .meta({ id: 'StepUpRequest', example: { password: 'seven plain words make a phrase' } });
export type StepUpBody = z.infer<typeof stepUpBody>;

export const passwordChangeBody = z
  .strictObject({ current_password: passwordText, new_password: passwordText })
  .meta({
    id: 'PasswordChangeRequest',
    example: {
      current_password: 'seven plain words make a phrase',
      new_password: 'another phrase of seven plain words',
    },
  });
export type PasswordChangeBody = z.infer<typeof passwordChangeBody>;
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
    profile: z.enum(['standard', 'strict', 'admin', 'remember']),
    /** `read` for a session that was shared, `password` for one that has to choose another password first. */
    scope: z.enum(['full', 'read', 'password']),
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
    /** Left out, like the next two, when the tokens travel as cookies only. */
    access_token: z.string().optional(),
    token_type: z.literal('Bearer').optional(),
    refresh_token: z.string().optional(),
    /** Seconds that the access token lives. */
    expires_in: z.int(),
  })
  .meta({ id: 'SignedIn' });

export const principalView = z.object({ user: userView, session: sessionSummary }).meta({ id: 'Principal' });

/** `pending`: durable, but not proven on every instance within 1.2 s; the same call may be repeated. */
export const propagation = z.enum(['complete', 'pending']);

export const replacedView = signedInView.extend({ propagation }).meta({ id: 'SessionReplaced' });

export const signedOutView = z
  .object({
    message: z.string(),
    /** Null when nothing told which session it was. */
    end_reason: z.string().nullable(),
    ended_at: instant.nullable(),
    propagation,
  })
  .meta({ id: 'SignedOut' });

export const signedOutEverywhereView = z
  .object({ message: z.string(), sessions_deleted: z.int(), propagation })
  .meta({ id: 'SignedOutEverywhere' });

export const sessionCountView = z
  .object({ active_sessions: z.int(), redis_available: z.boolean() })
  .meta({ id: 'SessionCount' });
