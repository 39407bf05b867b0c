import { emailText, humanText, moment, pageQuery } from '@app/http';
import { canonicalNetwork, type UserId } from '@app/kernel';
import type { SessionFilter, SessionSearch } from '@app/sessions';
import { z } from 'zod';

/** An address or a network, in the spelling in which addresses are stored. */
const network = z
  .string('must be text')
  .max(64, 'must have at most 64 characters')
  .transform((text, context) => {
    const plain = canonicalNetwork(text);
    if (plain !== null) return plain;
    context.issues.push({ code: 'custom', message: 'must be an address or a network (CIDR)', input: text });
    return z.NEVER;
  });

const name = humanText({ min: 1, max: 80 });

/** What live sessions can be chosen by. */
const filterShape = {
  user_id: z.uuid('must be an id').optional(),
  email: emailText.optional(),
  network: network.optional(),
  browser: name.optional(),
  os: name.optional(),
  device_kind: z.enum(['desktop', 'mobile', 'tablet', 'tv', 'bot', 'other']).optional(),
  profile: z.enum(['standard', 'strict', 'admin', 'remember']).optional(),
  created_after: moment.optional(),
  created_before: moment.optional(),
  seen_after: moment.optional(),
  seen_before: moment.optional(),
};

export const sessionQuery = pageQuery.extend({
  ...filterShape,
  state: z.enum(['live', 'ended', 'expired']).optional(),
  reason: z
    .enum([
      'signout',
      'terminated',
      'signout_all',
      'limit',
      'replaced',
      'password_change',
      'admin',
      'user_disabled',
      'refresh_reuse',
      'expired_idle',
      'expired_absolute',
    ])
    .optional(),
});
export type SessionQuery = z.infer<typeof sessionQuery>;

/** All sessions there are take a condition that says so, such as `created_before` the present. */
export const bulkFilter = z
  .strictObject(filterShape)
  .refine((filter) => Object.values(filter).some((value) => value !== undefined), {
    error: 'give at least one condition',
  });

type FilterText = z.infer<typeof bulkFilter>;

export function toSessionFilter(of: FilterText): SessionFilter & { readonly email?: string } {
  return {
    userId: of.user_id as UserId | undefined,
    email: of.email,
    network: of.network,
    browser: of.browser,
    os: of.os,
    kind: of.device_kind,
    profile: of.profile,
    createdAfter: of.created_after,
    createdBefore: of.created_before,
    seenAfter: of.seen_after,
    seenBefore: of.seen_before,
  };
}

export function toSessionSearch(query: SessionQuery): SessionSearch & { readonly email?: string } {
  return { ...toSessionFilter(query), state: query.state, reason: query.reason };
}
