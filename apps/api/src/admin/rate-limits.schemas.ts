import { isIP } from 'node:net';
import { z } from 'zod';
import { reason } from './act.js';

export const policyNames = ['global', 'auth', 'challenge', 'user', 'client', 'account'] as const;

/** Of clients the secret is part of what is counted, and nobody can ask for that. */
const askable = z.enum(['global', 'auth', 'challenge', 'user', 'account'], 'is not a policy to ask about');

const subject = z
  .string('must be text')
  .min(1, 'must not be empty')
  .max(254, 'must have at most 254 characters');

interface Asked {
  readonly policy?: string;
  readonly subject?: string;
}

/** Addresses for what counts addresses, ids of users for what counts users, names of accounts for `account`. */
function isOfPolicy({ policy, subject: text }: Asked): boolean {
  if (policy === undefined || text === undefined || policy === 'account') return true;
  return policy === 'user' ? z.uuid().safeParse(text).success : isIP(text) !== 0;
}

const wrongSubject = {
  path: ['subject'],
  error: 'must be an address, for user the id of a user, for account an e-mail address or username',
};

export const rateLimitsQuery = z
  .object({ policy: askable.optional(), subject: subject.optional() })
  .refine(({ policy, subject: text }) => (policy === undefined) === (text === undefined), {
    path: ['subject'],
    error: 'must be given together with policy',
  })
  .refine(isOfPolicy, wrongSubject);
export type RateLimitsQuery = z.infer<typeof rateLimitsQuery>;

export const rateLimitReset = z
  .strictObject({ policy: askable, subject, reason })
  .refine(isOfPolicy, wrongSubject)
  .meta({ id: 'RateLimitResetRequest', example: { policy: 'auth', subject: '203.0.113.7' } });
export type RateLimitReset = z.infer<typeof rateLimitReset>;

const policyView = z
  .object({
    name: z.enum(policyNames),
    counts: z.string(),
    setting: z.string(),
    limit: z.int(),
    rate: z.int().nullable(),
    seconds: z.number(),
  })
  .meta({ id: 'RateLimitPolicy' });

const standingView = z
  .object({
    counted: z.string(),
    limit: z.number(),
    used: z.number(),
    remaining: z.number(),
    reset_seconds: z.number(),
  })
  .meta({ id: 'RateLimitStanding' });

export const rateLimitsView = z
  .object({
    enabled: z.boolean(),
    policies: z.array(policyView),
    standing: z.array(standingView).nullable(),
  })
  .meta({ id: 'RateLimits' });

export const rateLimitsExample: z.input<typeof rateLimitsView> = {
  enabled: true,
  policies: [
    { name: 'auth', counts: 'address', setting: 'RATE_LIMIT_AUTH', limit: 10, rate: null, seconds: 60 },
    { name: 'user', counts: 'user', setting: 'RATE_LIMIT_USER', limit: 60, rate: 20, seconds: 1 },
  ],
  standing: [{ counted: '203.0.113.7', limit: 10, used: 10, remaining: 0, reset_seconds: 41 }],
};

export const resetView = z
  .object({ policy: z.enum(policyNames), reaches: z.enum(['all_instances', 'this_instance']) })
  .meta({ id: 'RateLimitReset' });
