export type Area = 'admin' | 'account';

/** Only places of ours: another one could be a trap behind a genuine sign-in (CWE-601). */
export function safeReturnPath(wish: string | null): string | null {
  if (wish === null || !URL.canParse(wish, location.origin)) return null;
  const { origin, pathname, search, hash } = new URL(wish, location.origin);
  const isOurs = origin === location.origin && /^\/(?:admin|account)(?:\/|$)/.test(pathname);
  return isOurs && !pathname.endsWith('/sign-in') ? `${pathname}${search}${hash}` : null;
}

export function areaOf(pathname: string): Area {
  return pathname.startsWith('/admin') ? 'admin' : 'account';
}

/** The sign-in page that leads back to where somebody was. */
export function signInPath({ pathname, search }: { pathname: string; search: string }): string {
  const next = safeReturnPath(`${pathname}${search}`);
  const isRoot = next === null || next === `/${areaOf(pathname)}`;
  return `/${areaOf(pathname)}/sign-in${isRoot ? '' : `?${new URLSearchParams({ next }).toString()}`}`;
}
