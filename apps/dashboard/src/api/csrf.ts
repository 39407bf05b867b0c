/** The one cookie that scripts can read; `__Host-` with TLS. Null when signed out. */
export function csrfToken(): string | null {
  return /(?:^|; )(?:__Host-)?csrf=([^;]+)/.exec(document.cookie)?.[1] ?? null;
}

export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
