import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { filledPage } from '../../api/filled-page';
import { api, dataOf, type Schema } from '../../api/client';
import type { Filters } from '../../components/url-filters';

export type AuditRecord = Schema['AuditRecord'];

const pageSize = 50;

export const auditQuery = (filters: Filters, token: string | null) =>
  queryOptions({
    queryKey: ['admin-audit', filters, token],
    queryFn: ({ signal }) =>
      filledPage((page) => {
        const query = { ...filters, page_size: pageSize, page_token: page };
        return dataOf(api.GET('/api/v1/admin/audit', { params: { query }, signal }));
      }, token),
    placeholderData: keepPreviousData,
  });

export const verificationQuery = queryOptions({
  queryKey: ['admin-audit-verification'],
  queryFn: () => dataOf(api.GET('/api/v1/admin/audit/verification')),
});

/** A file as the browser downloads it; the cookies of the session go with it. */
export function exportAddress(filters: Filters): string {
  const query = new URLSearchParams(filters).toString();
  return `/api/v1/admin/audit/export${query === '' ? '' : `?${query}`}`;
}
