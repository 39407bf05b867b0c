import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Schema } from '../../api/client';
import type { Filters } from '../../components/url-filters';

export type AuditRecord = Schema['AuditRecord'];
type AuditPage = Schema['AuditRecordList'];

/** A page may come empty while there is more to look through; so many are passed over by themselves. */
const maxEmptyPages = 5;

const pageSize = 50;

async function search(filters: Filters, token: string | null, signal: AbortSignal): Promise<AuditPage> {
  let pageToken = token ?? undefined;
  for (let looked = 1; ; looked += 1) {
    const query = { ...filters, page_size: pageSize, page_token: pageToken };
    const page = await dataOf(api.GET('/api/v1/admin/audit', { params: { query }, signal }));
    if (page.count > 0 || page.next_page_token === null || looked === maxEmptyPages) return page;
    pageToken = page.next_page_token;
  }
}

export const auditQuery = (filters: Filters, token: string | null) =>
  queryOptions({
    queryKey: ['admin-audit', filters, token],
    queryFn: ({ signal }) => search(filters, token, signal),
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
