import { QueryClient, queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Schema } from '../api/client';
import { ApiError, codeOf } from '../api/problem';

export type Principal = Schema['Principal'];

/** Who the page works for. `refusal`: why nobody is signed in, if there was a session. */
export type Identity =
  | { readonly state: 'signed-in'; readonly principal: Principal }
  | { readonly state: 'password-change' }
  | { readonly state: 'signed-out'; readonly refusal: ApiError | null };

const identityKey = ['identity'] as const;

async function askWho(): Promise<Identity> {
  try {
    const principal = await dataOf(api.GET('/api/v1/auth/session'));
    return principal.session.scope === 'password'
      ? { state: 'password-change' }
      : { state: 'signed-in', principal };
  } catch (error) {
    if (codeOf(error) === 'PASSWORD_CHANGE_REQUIRED') return { state: 'password-change' };
    if (error instanceof ApiError && error.status === 401)
      return { state: 'signed-out', refusal: error.code === 'UNAUTHENTICATED' ? null : error };
    throw error;
  }
}

export const identityQuery = queryOptions({
  queryKey: identityKey,
  queryFn: askWho,
  staleTime: Infinity,
  gcTime: Infinity,
});

/** Whoever comes next must see nothing of what the one before has loaded. */
export function setIdentity(client: QueryClient, identity: Identity): void {
  if (identity.state !== 'signed-in')
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== identityKey[0] });
  client.setQueryData(identityKey, identity);
}
