import { timingSafeEqual } from 'node:crypto';

/** Who asks for the metrics, as far as the connection tells. */
export interface MetricsReader {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The socket's own: a forwarded one can be claimed. */
  readonly remoteAddress: string | undefined;
}

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Whoever holds METRICS_TOKEN, or without one this machine, unless it is a proxy that asks for others. */
export function mayReadMetrics({ headers, remoteAddress }: MetricsReader, token: string | null): boolean {
  if (token !== null) return isSame(headers.authorization, `Bearer ${token}`);
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
  return !isForwarded && loopback.has(remoteAddress ?? '');
}

function isSame(given: string | string[] | undefined, expected: string): boolean {
  const left = Buffer.from(typeof given === 'string' ? given : '');
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
