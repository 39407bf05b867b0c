/** Weak comparison of `If-None-Match` (RFC 9110 §13.1.2): a list of tags, or `*`. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const known = new Set(ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, '')));
  return known.has('*') || known.has(etag);
}
