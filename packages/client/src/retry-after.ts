/** `Retry-After` in seconds (RFC 9110 §10.2.3); null if there is none. The API sends seconds only, never a date. */
export function secondsToWait(headers: Headers): number | null {
  const text = headers.get('retry-after');
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
}
