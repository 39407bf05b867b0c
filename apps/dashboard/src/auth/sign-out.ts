import type { QueryClient } from '@tanstack/react-query';
import { api } from '../api/client';
import { setIdentity } from './identity';

/** Where Mantine keeps whether pages are light or dark. */
const schemeKey = 'mantine-color-scheme-value';

/**
 * Ends this session. The server tells the browser to forget what pages have stored; light or dark is no secret and
 * is put back. A session that is over already counts as signed out; throws ApiError if nobody could tell.
 */
export async function signOut(client: QueryClient): Promise<void> {
  const scheme = localStorage.getItem(schemeKey);
  await api.POST('/api/v1/auth/signout');
  if (scheme !== null) localStorage.setItem(schemeKey, scheme);
  setIdentity(client, { state: 'signed-out', refusal: null });
}
