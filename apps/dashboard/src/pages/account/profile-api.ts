import { queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Schema } from '../../api/client';

export type Profile = Schema['Profile'];

export const profileQuery = queryOptions({
  queryKey: ['own-profile'],
  queryFn: () => dataOf(api.GET('/api/v1/auth/profile')),
});

/** The form is built here: the description of the API knows a file as text only. */
export function setAvatar(file: File) {
  const form = new FormData();
  form.set('avatar', file);
  return dataOf(api.POST('/api/v1/auth/profile/avatar', { body: form as never, bodySerializer: () => form }));
}

export function removeAvatar() {
  return dataOf(api.DELETE('/api/v1/auth/profile/avatar'));
}

/** Below this host, whatever the installation is called outside: the policy allows pictures of no other. */
export function pictureOf({ avatar_url: url }: Profile): string | null {
  return url === null ? null : new URL(url).pathname;
}
