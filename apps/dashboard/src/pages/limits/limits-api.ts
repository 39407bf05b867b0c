import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Schema } from '../../api/client';

/** Of clients the secret is part of what is counted, so nobody can ask for that. */
export const askable = ['global', 'auth', 'challenge', 'user', 'account'] as const;
export type AskablePolicy = (typeof askable)[number];

export interface Subject {
  readonly policy: AskablePolicy;
  readonly subject: string;
}

export const limitsQuery = (of?: Subject) =>
  queryOptions({
    queryKey: ['admin-limits', of ?? null],
    queryFn: () => dataOf(api.GET('/api/v1/admin/rate-limits', { params: { query: { ...of } } })),
  });

export function resetLimit(of: Subject, reason: string | undefined): Promise<Schema['RateLimitReset']> {
  return dataOf(api.POST('/api/v1/admin/rate-limits/reset', { body: { ...of, reason } }));
}

/** Refusals that the log has kept, newest first: one of each subject and policy in a while, not every one. */
export const hitsQuery = (token: string | null) =>
  queryOptions({
    queryKey: ['admin-limit-hits', token],
    queryFn: () => {
      const query = { type: 'rate_limit.exceeded', page_size: 20, page_token: token ?? undefined };
      return dataOf(api.GET('/api/v1/admin/audit', { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
