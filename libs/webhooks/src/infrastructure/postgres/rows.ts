/** Milliseconds since 1970, as a statement has given them. */
export function dateOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
