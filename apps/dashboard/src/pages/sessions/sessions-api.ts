import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { filledPage } from '../../api/filled-page';
import { api, dataOf, type Schema } from '../../api/client';
import type { Filters } from '../../components/url-filters';

export type AdminSession = Schema['AdminSession'];
export type BulkFilter = Schema['BulkEndRequest']['filter'];

const pageSize = 50;

export const sessionsQuery = (filters: Filters, token: string | null) =>
  queryOptions({
    queryKey: ['admin-sessions', filters, token],
    queryFn: ({ signal }) =>
      filledPage((page) => {
        const query = { ...filters, page_size: pageSize, page_token: page };
        return dataOf(api.GET('/api/v1/admin/sessions', { params: { query }, signal }));
      }, token),
    placeholderData: keepPreviousData,
  });

export const sessionQuery = (id: string) =>
  queryOptions({
    queryKey: ['admin-session', id],
    queryFn: () => dataOf(api.GET('/api/v1/admin/sessions/{id}', { params: { path: { id } } })),
  });

export function endSession(id: string, reason: string | undefined) {
  const params = { path: { id }, query: { reason } };
  return dataOf(api.DELETE('/api/v1/admin/sessions/{id}', { params }));
}

/** What an order to end sessions would meet. */
export const previewQuery = (filter: BulkFilter) =>
  queryOptions({
    queryKey: ['admin-bulk-preview', filter],
    queryFn: () => dataOf(api.POST('/api/v1/admin/sessions/end', { body: { filter, dry_run: true } })),
    staleTime: 0,
    gcTime: 0,
  });

/** Refused with CONFLICT if by now another number matches. */
export async function orderEnd(filter: BulkFilter, expected: number, reason: string | undefined) {
  const body = { filter, dry_run: false, expected_count: expected, reason };
  const { order } = await dataOf(api.POST('/api/v1/admin/sessions/end', { body }));
  if (!order) throw new Error('an order without an answer');
  return order;
}

export const orderQuery = (id: string) =>
  queryOptions({
    queryKey: ['admin-bulk-order', id],
    queryFn: () => dataOf(api.GET('/api/v1/admin/sessions/ends/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data?.state === 'done' ? false : 700),
  });
