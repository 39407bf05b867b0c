/** The only reader of this machine's time: milliseconds since 1970. */
export function now(): number {
  return Date.now();
}
