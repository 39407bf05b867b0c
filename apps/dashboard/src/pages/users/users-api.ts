import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Schema } from '../../api/client';
import type { Filters } from '../../components/url-filters';

export type Account = Schema['Account'];
export type AccountDetail = Schema['AccountDetail'];

const pageSize = 50;

export const usersQuery = (filters: Filters, token: string | null) =>
  queryOptions({
    queryKey: ['admin-users', filters, token],
    queryFn: ({ signal }) => {
      const query = { ...filters, page_size: pageSize, page_token: token ?? undefined };
      return dataOf(api.GET('/api/v1/admin/users', { params: { query }, signal }));
    },
    placeholderData: keepPreviousData,
  });

export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['admin-user', id],
    queryFn: () => dataOf(api.GET('/api/v1/admin/users/{id}', { params: { path: { id } } })),
  });

export const sessionsOfUserQuery = (id: string, kind: 'sessions' | 'history') =>
  queryOptions({
    queryKey: ['admin-user', id, kind],
    queryFn: () =>
      kind === 'sessions'
        ? dataOf(api.GET('/api/v1/admin/users/{id}/sessions', { params: { path: { id } } }))
        : dataOf(api.GET('/api/v1/admin/users/{id}/history', { params: { path: { id } } })),
  });

export const eventsOfUserQuery = (id: string) =>
  queryOptions({
    queryKey: ['admin-user', id, 'events'],
    queryFn: () => dataOf(api.GET('/api/v1/admin/users/{id}/events', { params: { path: { id } } })),
  });

export type UserAct =
  'disable' | 'enable' | 'unlock' | 'require-password-change' | 'sign-out' | 'promote' | 'demote';

/** Carries out what an administrator wants of an account. Throws ApiError. */
export async function actOnUser(id: string, act: UserAct, reason: string | undefined): Promise<void> {
  const path = { id };
  if (act === 'sign-out') {
    await api.DELETE('/api/v1/admin/users/{id}/sessions', { params: { path, query: { reason } } });
  } else if (act === 'promote' || act === 'demote') {
    const role = act === 'promote' ? ('admin' as const) : ('user' as const);
    await api.PUT('/api/v1/admin/users/{id}/role', { params: { path }, body: { role, reason } });
  } else {
    await api.POST(`/api/v1/admin/users/{id}/${act}`, { params: { path }, body: { reason } });
  }
}

export function createUser(body: Schema['NewUserRequest']) {
  return dataOf(api.POST('/api/v1/admin/users', { body }));
}
