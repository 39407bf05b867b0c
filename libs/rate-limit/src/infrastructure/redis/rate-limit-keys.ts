import type { Claim } from '../../domain/rule.js';

/** Names of all keys of this lib, built nowhere else. A key lives until its content says nothing any more. */
export const rateLimitKeys = {
  standing: ({ policy, subject }: Pick<Claim, 'policy' | 'subject'>) => `rate_limit:${policy}:${subject}`,
};
